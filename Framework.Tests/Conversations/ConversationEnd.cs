using System.Collections.Concurrent;
using System.IO.Pipelines;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace UpgradeProtocols.Tests.Conversations;

/// <summary>One end of a conversation on two pipes, without a server: the owner of a <see cref="Conversation"/> and the host of its session.</summary>
internal sealed class ConversationEnd : SessionHost, IConversationOwner, IConversationMeter, IAsyncDisposable
{
    private readonly IDuplexPipe _pipe;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly DeflateAgreement? _compression;

    /// <param name="role">The side.</param>
    /// <param name="pipe">The bytes.</param>
    /// <param name="time">The time.</param>
    /// <param name="options">The limits and timeouts.</param>
    /// <param name="compression">The compression, if any.</param>
    public ConversationEnd(
        WebSocketRole role, IDuplexPipe pipe, FakeTimeProvider time, ConversationLimits? options = null, DeflateAgreement? compression = null)
    {
        Role = role;
        _pipe = pipe;
        _compression = compression;
        Options = options ?? new ConversationLimits();
        Clock = new ConnectionClock(time, NullLogger.Instance);
        Conversation = new Conversation(this);
        Queue = new RecordingQueue(Conversation);
        Session = new WebSocketSession(Conversation, Queue, this);
    }

    public WebSocketRole Role { get; }

    public Conversation Conversation { get; }

    public RecordingQueue Queue { get; }

    public WebSocketSession Session { get; }

    public ConversationLimits Options { get; }

    public ConnectionClock Clock { get; }

    /// <summary>Ends when the conversation has ended, and nothing of it runs any more.</summary>
    public Task Ended => _ended.Task.WaitAsync(Patience.Limit);

    /// <summary>The codes of the failures of the peer.</summary>
    public ConcurrentQueue<int> Faults { get; } = new();

    public override bool IsHeldUp => false;

    public override bool HasPeerLeft => false;

    public override bool HalfCloses => true;

    string IConversationOwner.Id => $"{Role}";

    string IConversationOwner.DisplayName => "test.v1";

    ILogger IConversationOwner.Logger => NullLogger.Instance;

    IConversationOptions IConversationOwner.Options => Options;

    IConversationMeter IConversationOwner.Meter => this;

    int IConversationOwner.MaxMessageSize => 1 << 20;

    SlowConsumerPolicy? IConversationOwner.SlowConsumer => null;

    DeflateAgreement? IConversationOwner.Compression => _compression;

    DeflateOptions IConversationOwner.Deflate { get; } = new() { MinimumSize = 0 };

    /// <summary>Two ends that are connected to each other.</summary>
    public static (ConversationEnd Server, ConversationEnd Client) Pair(
        FakeTimeProvider time, ConversationLimits? options = null, DeflateAgreement? compression = null)
    {
        var (server, client) = Connect();
        return (new ConversationEnd(WebSocketRole.Server, server, time, options, compression).Start(),
            new ConversationEnd(WebSocketRole.Client, client, time, options, compression).Start());
    }

    /// <summary>Two connected pipes.</summary>
    public static (IDuplexPipe One, IDuplexPipe Other) Connect()
    {
        var there = new Pipe();
        var back = new Pipe();
        return (new Ends(there.Reader, back.Writer), new Ends(back.Reader, there.Writer));
    }

    public ConversationEnd Start()
    {
        Session.Prepare(_pipe);
        Clock.Add(Session);
        _ = Session.ConverseAsync();
        return this;
    }

    public void Send(string text) => Conversation.Outbound.Send(System.Text.Encoding.UTF8.GetBytes(text), MessageKind.Text);

    public override void AbortTransport()
    {
        _pipe.Input.Complete();
        _pipe.Output.Complete();
    }

    public override bool TryLinger() => true;

    public override async Task LingerAsync(IDuplexPipe pipe, bool isWhole) => await pipe.Output.CompleteAsync();

    public override Task StartAsync() => Task.CompletedTask;

    public override bool Admits(int length) => true;

    public override void Tick(long now)
    {
    }

    public override void Leave()
    {
    }

    public override Task EndAsync()
    {
        Clock.Remove(Session);
        _ended.TrySetResult();
        return Task.CompletedTask;
    }

    void IConversationMeter.Sent(int length)
    {
    }

    void IConversationMeter.SlowConsumer(string action)
    {
    }

    void IConversationMeter.ProtocolError(int closeCode) => Faults.Enqueue(closeCode);

    public async ValueTask DisposeAsync()
    {
        Conversation.Abort();
        await Ended;
        Clock.Dispose();
    }

    private sealed record Ends(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}

/// <summary>The limits and timeouts of a test.</summary>
internal sealed record ConversationLimits : IConversationOptions
{
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(30);

    public int MaxWaitingBytes { get; init; } = 1 << 18;

    public int MaxWaitingBytesBeforeReply { get; init; } = 1 << 20;

    public int MaxOutboundBytes { get; init; } = 1 << 20;

    public int MaxConcurrentMessages { get; init; } = 8;

    public int MaxConcurrentStreams { get; init; } = 8;

    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(20);

    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(20);

    public bool IncludeErrorDetail { get; init; }
}
