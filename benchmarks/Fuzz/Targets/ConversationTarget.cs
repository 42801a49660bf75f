using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace UpgradeProtocols.Fuzz;

/// <summary>
/// The whole engine, in memory, with a client's bytes from the first to its FIN. The conversation ends, the engine logs no
/// error, all buffers return to the pool, each handler with an OnConnected call gets an OnDisconnected call, and the responses
/// don't depend on how the bytes are split.
/// </summary>
internal static class ConversationTarget
{
    public static void Run(byte[] input)
    {
        var whole = Converse([input], out var hadAsync);
        var cut = Converse(Cuts.Of(input), out var cutHadAsync);
        if (!hadAsync && !cutHadAsync)
        {
            BrokenPromiseException.ThrowUnlessSame("The result does not depend on how the input is split.", Encoding.Latin1.GetString(whole), Encoding.Latin1.GetString(cut));
        }
    }

    /// <summary>Plays one conversation, and returns the server's responses.</summary>
    public static byte[] Converse(IReadOnlyList<byte[]> pieces, out bool hadAsync)
    {
        var pool = new TrackingPool<byte>();
        var ranges = new TrackingPool<FieldRange>();
        var (before, rangesBefore) = (BufferPool<byte>.Shared, BufferPool<FieldRange>.Shared);
        (BufferPool<byte>.Shared, BufferPool<FieldRange>.Shared) = (pool, ranges);
        try
        {
            var server = new MemoryServer(pool);
            var answer = server.Converse(pieces);
            hadAsync = server.Lives.HadAsync;
            BrokenPromiseException.ThrowUnless(
                pool is { Out: 0, ReturnedTwice: 0 } && ranges is { Out: 0, ReturnedTwice: 0 },
                $"Each buffer is returned once: {pool.Out} and {ranges.Out} are not returned, {pool.ReturnedTwice} and {ranges.ReturnedTwice} were returned twice.");
            return answer;
        }
        finally
        {
            (BufferPool<byte>.Shared, BufferPool<FieldRange>.Shared) = (before, rangesBefore);
        }
    }
}

/// <summary>An engine with one connection, whose pipes run on the sending thread.</summary>
internal sealed class MemoryServer
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly ManualTime _time = new();
    private readonly Faults _faults = new();
    private readonly PipeOptions _pipes;

    public MemoryServer(TrackingPool<byte> pool) => _pipes = new PipeOptions(
        new TrackingMemoryPool(pool), PipeScheduler.Inline, PipeScheduler.Inline, pauseWriterThreshold: 0, useSynchronizationContext: false);

    public Lives Lives { get; } = new();

    public byte[] Converse(IReadOnlyList<byte[]> pieces)
    {
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(_time);
        services.AddSingleton(Lives);
        services.AddLogging(logging => logging.AddProvider(_faults));
        services.AddUpgradeProtocols()
            .Configure(options =>
            {
                options.MaxRequestBodySize = 1024;
                options.Compression.MinimumSize = 16;
            })
            .MapGet("/page", static _ => Results.Text("hello\n"));
        using var provider = services.BuildServiceProvider();
        var engine = provider.GetRequiredService<UpgradeEngine>();
        var (toServer, toClient) = (new Pipe(_pipes), new Pipe(_pipes));
        var answer = new ArrayBufferWriter<byte>();
        var served = ServeAsync(engine, toServer, toClient);
        foreach (var piece in pieces)
        {
            toServer.Writer.Write(piece);
            Finished(toServer.Writer.FlushAsync());
            Drain(toClient.Reader, answer);
        }

        toServer.Writer.Complete();
        WaitForEnd(served, toClient.Reader, answer);
        Drain(toClient.Reader, answer);
        toClient.Reader.Complete();
        served.GetAwaiter().GetResult();
        _faults.Throw();
        BrokenPromiseException.ThrowUnless(engine.Hub.Count == 0, "The hub removes a connection that has ended.");
        BrokenPromiseException.ThrowUnless(
            Lives.Connected == Lives.Disconnected, $"OnDisconnected runs as often as OnConnected: {Lives.Connected} connected, {Lives.Disconnected} disconnected.");
        return answer.WrittenSpan.ToArray();
    }

    // A transport does this when its handler has returned.
    private static async Task ServeAsync(UpgradeEngine engine, Pipe toServer, Pipe toClient)
    {
        await engine.ServeAsync(new HttpTransport(new Duplex(toServer.Reader, toClient.Writer), new TransportAbort(() => toServer.Writer.Complete(new IOException("aborted")))));
        await toClient.Writer.CompleteAsync();
        await toServer.Reader.CompleteAsync();
    }

    private static void Finished(ValueTask<FlushResult> flush)
    {
        BrokenPromiseException.ThrowUnless(flush.IsCompletedSuccessfully, "A pipe without a limit doesn't block its writer.");
        _ = flush.Result;
    }

    private void WaitForEnd(Task served, PipeReader output, ArrayBufferWriter<byte> answer)
    {
        var start = DateTime.UtcNow;
        while (!served.IsCompleted && !served.Wait(1))
        {
            Drain(output, answer);
            var waited = DateTime.UtcNow - start;
            BrokenPromiseException.ThrowUnless(waited < s_patience, "A conversation ends.");

            // Other threads may still be running. If they aren't, something waits for its deadline.
            if (waited > s_patience / 10)
            {
                _time.Advance(TimeSpan.FromSeconds(1));
            }
        }
    }

    private static void Drain(PipeReader reader, ArrayBufferWriter<byte> answer)
    {
        while (reader.TryRead(out var result))
        {
            foreach (var piece in result.Buffer)
            {
                answer.Write(piece.Span);
            }

            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    /// <summary>Collects the logged errors. Each is a bug of the framework, because these handlers throw only on purpose.</summary>
    private sealed class Faults : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _faults = new();

        public void Throw()
        {
            if (_faults.TryPeek(out var fault))
            {
                throw new BrokenPromiseException($"The engine logs no error, but it logged: {fault}");
            }
        }

        public ILogger CreateLogger(string categoryName) => this;

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        // The logger also formats messages that contain a peer's bytes.
        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var text = formatter(state, exception);
            if (logLevel >= LogLevel.Error)
            {
                _faults.Enqueue($"{text} {exception}");
            }
        }
    }
}

/// <summary>A clock that only advances on request.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly List<Timer> _timers = [];
    private long _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _now);

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(GetTimestamp());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        lock (_timers)
        {
            _timers.Add(timer);
        }

        return timer;
    }

    public void Advance(TimeSpan by)
    {
        var now = Interlocked.Add(ref _now, by.Ticks);
        Timer[] timers;
        lock (_timers)
        {
            timers = [.. _timers];
        }

        foreach (var timer in timers)
        {
            timer.RunIfDue(now);
        }
    }

    private sealed class Timer(ManualTime owner, TimerCallback callback, object? state) : ITimer
    {
        private long _due = long.MaxValue;
        private TimeSpan _period;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _period = period;
            Interlocked.Exchange(ref _due, dueTime == Timeout.InfiniteTimeSpan ? long.MaxValue : owner.GetTimestamp() + dueTime.Ticks);
            return true;
        }

        public void RunIfDue(long now)
        {
            if (now >= Interlocked.Read(ref _due))
            {
                Change(_period, _period);
                callback(state);
            }
        }

        public void Dispose()
        {
            lock (owner._timers)
            {
                owner._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
