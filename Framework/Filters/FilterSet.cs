namespace UpgradeProtocols;

/// <summary>The filters that were set up, in the order in which they were added: the first is the outermost.</summary>
internal sealed class FilterSet
{
    public List<Func<IServiceProvider, IUpgradeFilter>> Upgrades { get; } = [];

    public List<Func<IServiceProvider, IMessageFilter>> Messages { get; } = [];

    /// <summary>Runs the filters of a handshake, and in the end the handler's part of it.</summary>
    /// <param name="connection">The connection that is to be.</param>
    /// <param name="last">The handler's part.</param>
    /// <param name="entered">Is told which filter has its turn.</param>
    public ValueTask<UpgradeResult> UpgradeAsync(UpgradeConnection connection, NextUpgradeFilter last, Action<string> entered)
    {
        var next = last;
        for (var i = Upgrades.Count - 1; i >= 0; i--)
        {
            var (step, inner) = (new UpgradeStep(Upgrades[i], i + 1, entered), next);
            next = connection => step.RunAsync(connection, inner);
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

/// <summary>A filter's turn in a handshake: whoever waits for it can say its name, before what comes next and after it.</summary>
internal sealed class UpgradeStep(Func<IServiceProvider, IUpgradeFilter> create, int number, Action<string> entered)
{
    private string _name = $"upgrade filter {number}";

    public ValueTask<UpgradeResult> RunAsync(UpgradeConnection connection, NextUpgradeFilter inner)
    {
        entered(_name);
        var filter = create(connection.Services);
        if (filter is not UpgradeFunction)
        {
            entered(_name = $"the upgrade filter {filter.GetType().Name}");
        }

        return filter.InvokeAsync(connection, connection => ReturnAsync(inner(connection)));
    }

    private async ValueTask<UpgradeResult> ReturnAsync(ValueTask<UpgradeResult> inner)
    {
        var result = await inner;
        entered(_name);
        return result;
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
