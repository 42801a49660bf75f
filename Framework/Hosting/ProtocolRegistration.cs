using System.ComponentModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace UpgradeProtocols.Runtime;

/// <summary>Adds the protocols and client contracts of generated code to a builder.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class ProtocolRegistration
{
    /// <summary>Adds the protocols of an assembly, once.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="assemblyName">The assembly's name.</param>
    /// <param name="register">The assembly's generated registration.</param>
    public static void AddModule(this UpgradeProtocolsBuilder builder, string assemblyName, Action<UpgradeProtocolsBuilder> register)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(register);
        if (builder.Protocols.Assemblies.Add(assemblyName))
        {
            register(builder);
        }
    }

    /// <summary>Adds a protocol.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="entry">The protocol.</param>
    public static void AddProtocol(this UpgradeProtocolsBuilder builder, ProtocolEntry entry)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(entry);
        builder.Protocols.Entries.Add(entry);
    }

    /// <summary>Adds the implementation of a client contract.</summary>
    /// <typeparam name="T">The contract.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <param name="create">Creates a client for a target.</param>
    public static void AddClientContract<T>(this UpgradeProtocolsBuilder builder, Func<ClientTarget, T> create)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddSingleton<IClients<T>>(provider => new Clients<T>(provider.GetRequiredService<ConnectionHub>(), create));
    }
}
