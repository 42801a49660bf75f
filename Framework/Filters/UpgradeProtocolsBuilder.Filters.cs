using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace UpgradeProtocols;

/// <content>Filters.</content>
public sealed partial class UpgradeProtocolsBuilder
{
    /// <summary>
    /// Adds a filter around handshakes. It is resolved from the connection's services. It is registered as scoped, which means one instance
    /// for each connection, unless the application has registered it otherwise.
    /// </summary>
    /// <typeparam name="TFilter">The filter.</typeparam>
    /// <returns>The builder.</returns>
    public UpgradeProtocolsBuilder AddUpgradeFilter<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TFilter>()
        where TFilter : class, IUpgradeFilter
    {
        Services.TryAddScoped<TFilter>();
        Protocols.Filters.Upgrades.Add(static services => services.GetRequiredService<TFilter>());
        return this;
    }

    /// <summary>Adds a filter around handshakes.</summary>
    /// <param name="filter">Receives the connection and the next step, and returns the decision.</param>
    /// <returns>The builder.</returns>
    public UpgradeProtocolsBuilder AddUpgradeFilter(Func<UpgradeConnection, UpgradeFilterDelegate, ValueTask<UpgradeResult>> filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var function = new UpgradeFunction(filter);
        Protocols.Filters.Upgrades.Add(_ => function);
        return this;
    }

    /// <summary>
    /// Adds a filter around messages. It is resolved from the connection's services. It is registered as scoped, which means one instance
    /// for each connection, unless the application has registered it otherwise.
    /// </summary>
    /// <typeparam name="TFilter">The filter.</typeparam>
    /// <returns>The builder.</returns>
    public UpgradeProtocolsBuilder AddMessageFilter<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TFilter>()
        where TFilter : class, IMessageFilter
    {
        Services.TryAddScoped<TFilter>();
        Protocols.Filters.Messages.Add(static services => services.GetRequiredService<TFilter>());
        return this;
    }

    /// <summary>Adds a filter around messages.</summary>
    /// <param name="filter">Receives the message and the next step.</param>
    /// <returns>The builder.</returns>
    public UpgradeProtocolsBuilder AddMessageFilter(Func<MessageContext, MessageFilterDelegate, ValueTask> filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var function = new MessageFunction(filter);
        Protocols.Filters.Messages.Add(_ => function);
        return this;
    }

    /// <summary>
    /// Adds a payload validator. It is resolved from the connection's services. It is registered as scoped, which means one instance for
    /// each connection, unless the application has registered it otherwise.
    /// </summary>
    /// <typeparam name="TValidator">The validator.</typeparam>
    /// <returns>The builder.</returns>
    public UpgradeProtocolsBuilder AddPayloadValidator<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TValidator>()
        where TValidator : class, IPayloadValidator
    {
        Services.TryAddScoped<TValidator>();
        Protocols.Filters.Validators.Add(static services => services.GetRequiredService<TValidator>());
        return this;
    }

    /// <summary>Maps exceptions of handlers to error replies.</summary>
    /// <param name="mapper">The mapper.</param>
    /// <returns>The builder.</returns>
    public UpgradeProtocolsBuilder MapExceptions(IMessageExceptionMapper mapper)
    {
        ArgumentNullException.ThrowIfNull(mapper);
        Services.AddSingleton(mapper);
        return this;
    }

    /// <summary>Maps one type of exception, and those derived from it, to an error reply.</summary>
    /// <typeparam name="TException">The exception.</typeparam>
    /// <param name="map">Creates the error reply, or returns <see langword="null"/> if this exception has none.</param>
    /// <returns>The builder.</returns>
    public UpgradeProtocolsBuilder MapException<TException>(Func<TException, MessageException?> map)
        where TException : Exception
    {
        ArgumentNullException.ThrowIfNull(map);
        return MapExceptions(new ExceptionFunction(exception => exception is TException known ? map(known) : null));
    }
}
