namespace UpgradeProtocols;

/// <summary>The filters that were set up, in the order in which they were added: the first is the outermost.</summary>
internal sealed class FilterSet
{
    public List<Func<IServiceProvider, IUpgradeFilter>> Upgrades { get; } = [];

    public List<Func<IServiceProvider, IMessageFilter>> Messages { get; } = [];

    /// <summary>Runs the filters of a handshake, and in the end the handler's part of it.</summary>
    public ValueTask<UpgradeResult> UpgradeAsync(UpgradeConnection connection, NextUpgradeFilter last)
    {
        var next = last;
        for (var i = Upgrades.Count - 1; i >= 0; i--)
        {
            var (create, inner) = (Upgrades[i], next);
            next = connection => create(connection.Services).InvokeAsync(connection, inner);
        }

        return next(connection);
    }

    /// <summary>A connection's filters, or null where there are none.</summary>
    public IMessageFilter[]? MessageFiltersOf(UpgradeConnection connection) =>
        Messages.Count == 0 ? null : [.. Messages.Select(create => create(connection.Services))];

    /// <summary>The filters as one function, with the dispatch at its end.</summary>
    public static NextMessageFilter Chain(IMessageFilter[] filters, NextMessageFilter last)
    {
        var next = last;
        for (var i = filters.Length - 1; i >= 0; i--)
        {
            var (filter, inner) = (filters[i], next);
            next = message => filter.InvokeAsync(message, inner);
        }

        return next;
    }
}

/// <summary>A filter that is one function.</summary>
internal sealed class UpgradeFunction(Func<UpgradeConnection, NextUpgradeFilter, ValueTask<UpgradeResult>> filter) : IUpgradeFilter
{
    public ValueTask<UpgradeResult> InvokeAsync(UpgradeConnection connection, NextUpgradeFilter next) => filter(connection, next);
}

/// <summary>A filter that is one function.</summary>
internal sealed class MessageFunction(Func<MessageContext, NextMessageFilter, ValueTask> filter) : IMessageFilter
{
    public ValueTask InvokeAsync(MessageContext message, NextMessageFilter next) => filter(message, next);
}
