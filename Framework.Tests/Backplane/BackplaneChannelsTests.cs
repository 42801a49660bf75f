using Microsoft.Extensions.Logging.Abstractions;

namespace UpgradeProtocols.Tests.Backplane;

/// <summary>A failed subscription is retried, no matter when the backplane reconnects.</summary>
public class BackplaneChannelsTests
{
    [Fact]
    public async Task An_attempt_that_fails_after_the_backplane_has_reconnected_is_retried()
    {
        var backplane = new FailingOnce();
        var channels = new BackplaneChannels(backplane, new BackplaneOptions(), TimeProvider.System, NullLogger.Instance, static () => true);
        var channel = channels.Open("g:room");
        await backplane.Asked.Task.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);

        channels.Retry();
        backplane.First.SetException(new IOException("The network is cut."));

        await backplane.AskedAgain.Task.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
        await channel.WhenOpenAsync(TestContext.Current.CancellationToken);
    }

    private sealed class FailingOnce : IBackplane
    {
        private int _attempts;

        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource AskedAgain { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource First { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ValueTask StartAsync(IBackplaneListener listener, CancellationToken cancellationToken) => default;

        public ValueTask SubscribeAsync(string channel, CancellationToken cancellationToken)
        {
            if (Interlocked.Increment(ref _attempts) == 1)
            {
                Asked.SetResult();
                return new ValueTask(First.Task);
            }

            AskedAgain.TrySetResult();
            return default;
        }

        public ValueTask UnsubscribeAsync(string channel, CancellationToken cancellationToken) => default;

        public ValueTask PublishAsync(string channel, ReadOnlyMemory<byte> message, CancellationToken cancellationToken) => default;

        public ValueTask DisposeAsync() => default;
    }
}
