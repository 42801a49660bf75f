using System.ComponentModel;

namespace UpgradeProtocols.Runtime;

/// <summary>The base of generated implementations of client contracts.</summary>
/// <param name="target">The receivers of the calls.</param>
/// <param name="contract">The client contract.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class ClientProxy(ClientTarget target, Type contract)
{
    /// <summary>Sends a push to the target's connections whose protocol has it.</summary>
    /// <typeparam name="T">The payload's type.</typeparam>
    /// <param name="method">The push.</param>
    /// <param name="payload">The payload.</param>
    /// <returns>The result: the worst of the receivers' results.</returns>
    protected ValueTask<SendResult> PushAsync<T>(PushMethod<T> method, T payload) => target.PushAsync(method, contract, payload);

    /// <summary>Sends a push whose result isn't needed.</summary>
    /// <typeparam name="T">The payload's type.</typeparam>
    /// <param name="method">The push.</param>
    /// <param name="payload">The payload.</param>
    /// <returns>A task that ends when the push has been accepted.</returns>
    protected ValueTask SendAsync<T>(PushMethod<T> method, T payload)
    {
        var result = target.PushAsync(method, contract, payload);
        if (result.IsCompletedSuccessfully)
        {
            _ = result.Result;
            return ValueTask.CompletedTask;
        }

        return new ValueTask(result.AsTask());
    }

    /// <summary>Sends a request and awaits the peer's reply.</summary>
    /// <typeparam name="T">The payload's type.</typeparam>
    /// <typeparam name="TReply">The reply's type.</typeparam>
    /// <param name="method">The request.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The reply.</returns>
    protected ValueTask<TReply> RequestAsync<T, TReply>(PushMethod<T> method, T payload, CancellationToken cancellationToken) =>
        target.RequestAsync<T, TReply>(method, contract, payload, cancellationToken);
}
