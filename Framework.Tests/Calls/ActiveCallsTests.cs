using Microsoft.Extensions.Time.Testing;
using UpgradeProtocols.Tests.Conversations;

namespace UpgradeProtocols.Tests.Calls;

/// <summary>The registration of calls under their ids.</summary>
public sealed class ActiveCallsTests : IAsyncLifetime
{
    private readonly ConversationEnd _end = new ConversationEnd(WebSocketRole.Server, ConversationEnd.Connect().One, new FakeTimeProvider()).Start();

    private ActiveCalls Calls => field ??= new ActiveCalls(_end.Conversation);

    public ValueTask InitializeAsync() => default;

    public ValueTask DisposeAsync() => _end.DisposeAsync();

    [Fact, Trait("rule", "U2")]
    public void A_cancellation_that_came_before_the_registration_is_not_lost()
    {
        Calls.CancelEarly("7"u8);

        using var other = Calls.Begin("8"u8);
        using var call = Calls.Begin("7"u8);

        Assert.True(call.IsCancelled);
        Assert.True(call.Token.IsCancellationRequested);
        Assert.False(other.IsCancelled);
    }

    // The id may be used again by a later call.
    [Fact, Trait("rule", "U2")]
    public void A_cancellation_is_not_kept_for_a_later_call()
    {
        Calls.CancelEarly("7"u8);
        Calls.ForgetEarly();

        using var call = Calls.Begin("7"u8);

        Assert.False(call.IsCancelled);
    }

    [Fact, Trait("rule", "U2")]
    public void A_cancellation_takes_effect_once()
    {
        Calls.CancelEarly("7"u8);
        Calls.Begin("7"u8).Dispose();

        using var call = Calls.Begin("7"u8);

        Assert.False(call.IsCancelled);
    }

    [Fact, Trait("rule", "U2")]
    public void An_id_is_free_when_its_call_has_ended()
    {
        Assert.True(Calls.TryBegin("7"u8, out var first));
        Assert.False(Calls.TryBegin("7"u8, out var second));
        second.Dispose();
        Assert.True(Calls.TryCancel("7"u8));
        Assert.True(first.IsCancelled);
        Assert.False(second.IsCancelled);
        first.Dispose();

        Assert.False(Calls.TryCancel("7"u8));
        Assert.True(Calls.TryBegin("7"u8, out _));
    }

    [Fact, Trait("rule", "U2")]
    public void The_end_of_the_connection_cancels_a_call_but_not_by_its_peer()
    {
        using var call = Calls.Begin("7"u8);
        var token = call.Token;

        _end.Conversation.BeginClose(1000, "");

        Assert.True(SpinWait.SpinUntil(() => token.IsCancellationRequested, Patience.Limit));
        Assert.False(call.IsCancelled);
    }
}
