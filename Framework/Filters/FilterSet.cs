namespace UpgradeProtocols;

/// <summary>The registered filters, in the order in which they were added: the first is the outermost.</summary>
internal sealed class FilterSet
{
    public List<Func<IServiceProvider, IUpgradeFilter>> Upgrades { get; } = [];

    public List<Func<IServiceProvider, IMessageFilter>> Messages { get; } = [];

    public List<Func<IServiceProvider, IPayloadValidator>> Validators { get; } = [];

    /// <summary>Whether messages pass filters or validators.</summary>
    public bool HandlesMessages => Messages.Count > 0 || Validators.Count > 0;

    /// <summary>Runs the filters of a handshake and then the handler's part of it.</summary>
    /// <param name="connection">The connection, before the upgrade.</param>
    /// <param name="last">The handler's part.</param>
    /// <param name="entered">Receives the name of the filter that runs.</param>
    public ValueTask<UpgradeResult> UpgradeAsync(UpgradeConnection connection, UpgradeFilterDelegate last, Action<string> entered)
    {
        var next = last;
        for (var i = Upgrades.Count - 1; i >= 0; i--)
        {
            var (step, inner) = (new UpgradeStep(Upgrades[i], i + 1, entered), next);
            next = connection => step.RunAsync(connection, inner);
        }

        return next(connection);
    }

    /// <summary>A connection's validators.</summary>
    public IPayloadValidator[] ValidatorsOf(UpgradeConnection connection) =>
        [.. Validators.Select(create => create(connection.Services))];

    /// <summary>Combines a connection's message filters into one function, with the dispatch at its end.</summary>
    public MessageFilterDelegate MessagesOf(UpgradeConnection connection, MessageFilterDelegate last)
    {
        var next = last;
        for (var i = Messages.Count - 1; i >= 0; i--)
        {
            var (filter, inner) = (Messages[i](connection.Services), next);
            next = message => filter.InvokeAsync(message, inner);
        }

        return next;
    }
}

/// <summary>One filter's step in a handshake. It reports the filter's name before the filter runs and again after the inner step.</summary>
internal sealed class UpgradeStep(Func<IServiceProvider, IUpgradeFilter> create, int number, Action<string> entered)
{
    private string _name = $"upgrade filter {number}";

    public ValueTask<UpgradeResult> RunAsync(UpgradeConnection connection, UpgradeFilterDelegate inner)
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

/// <summary>A filter that consists of one function.</summary>
internal sealed class UpgradeFunction(Func<UpgradeConnection, UpgradeFilterDelegate, ValueTask<UpgradeResult>> filter) : IUpgradeFilter
{
    public ValueTask<UpgradeResult> InvokeAsync(UpgradeConnection connection, UpgradeFilterDelegate next) => filter(connection, next);
}

/// <summary>A filter that consists of one function.</summary>
internal sealed class MessageFunction(Func<MessageContext, MessageFilterDelegate, ValueTask> filter) : IMessageFilter
{
    public ValueTask InvokeAsync(MessageContext message, MessageFilterDelegate next) => filter(message, next);
}
