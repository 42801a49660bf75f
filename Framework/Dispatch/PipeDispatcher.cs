using System.ComponentModel;
using System.IO.Pipelines;

namespace UpgradeProtocols.Runtime;

/// <summary>Calls the handler of a raw protocol without framing. Generated.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class PipeDispatcher : HandlerDispatcher
{
    /// <summary>Calls the method that owns the pipe.</summary>
    /// <param name="handler">The handler.</param>
    /// <param name="connection">The connection.</param>
    /// <param name="pipe">The connection's bytes.</param>
    /// <returns>The method's task.</returns>
    public abstract ValueTask RunAsync(object handler, UpgradeConnection connection, IDuplexPipe pipe);

    internal sealed override TResult Accept<TResult>(IDispatcherVisitor<TResult> visitor, UpgradeConnection connection, object handler) =>
        visitor.VisitPipe(this);
}
