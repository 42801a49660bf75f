using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace UpgradeProtocols.Tests.Hosting;

/// <summary>The engine without a network: its connections are in memory, and its clock stands until a test moves it.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(250);

    private readonly ServiceProvider _provider;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentBag<Task> _begun = [];
    private readonly ConcurrentBag<Task> _served = [];

    public TestServer(Action<UpgradeProtocolsBuilder> configure, Action<UpgradeOptions>? options = null)
    {
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(Time);
        services.AddSingleton<ILoggerProvider>(Logs);
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace));
        var builder = new UpgradeProtocolsBuilder(services);
        if (options is not null)
        {
            builder.Configure(options);
        }

        configure(builder);
        _provider = services.BuildServiceProvider(validateScopes: true);
        Engine = _provider.GetRequiredService<UpgradeEngine>();
    }

    public FakeTimeProvider Time { get; } = new();

    /// <summary>The process stands still for an hour, and goes on.</summary>
    public void Freeze()
    {
        // A read advances the time after it: the first tick begins the hour, and the second one sees that it is over.
        Time.AutoAdvanceAmount = TimeSpan.FromHours(1);
        Time.Advance(TimeSpan.FromMilliseconds(250));
        Time.AutoAdvanceAmount = TimeSpan.Zero;
        Time.Advance(TimeSpan.FromMilliseconds(250));
    }

    public RecordingLogs Logs { get; } = new();

    public UpgradeEngine Engine { get; }

    public IServiceProvider Services => _provider;

    public ConnectionHub Hub => Engine.Hub;

    public TestClient Connect(int holdUpAt = 64 * 1024, bool isTls = false, bool halfCloses = false) =>
        Connect(out _, holdUpAt, isTls, halfCloses);

    /// <param name="transport">The connection.</param>
    /// <param name="holdUpAt">How many bytes the client leaves unread until the server has to wait.</param>
    /// <param name="isTls">Whether it counts as TLS.</param>
    /// <param name="halfCloses">Whether the server reads on after the end of its output, as on the epoll transport.</param>
    public TestClient Connect(out MemoryTransport transport, int holdUpAt = 64 * 1024, bool isTls = false, bool halfCloses = false)
    {
        var memory = transport = new MemoryTransport(holdUpAt);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _begun.Add(begun.Task);
        _served.Add(Task.Run(async () =>
        {
            var serving = Engine.ServeAsync(new HttpTransport(
                memory.Server,
                new TransportAbort(memory.Connection),
                isTls,
                Stopping: _stopping.Token,
                Traits: halfCloses ? TransportTraits.HalfCloses : TransportTraits.None));
            begun.SetResult();
            await serving;

            // As Kestrel does when its handler has returned.
            await memory.Server.Output.CompleteAsync();
            await memory.Server.Input.CompleteAsync();
        }));
        return new TestClient(memory.ClientInput, memory.ClientOutput, memory.Shut, memory.Reset, memory.Aborted);
    }

    public async Task<TestClient> OpenAsync(string path = "/", string more = "", int holdUpAt = 64 * 1024)
    {
        var client = Connect(holdUpAt);
        await client.OpenAsync(path, more);
        return client;
    }

    /// <summary>The server begins to stop.</summary>
    public void Stop()
    {
        _stopping.Cancel();

        // The connections look at their transport's token with each tick.
        Time.Advance(s_tick);
    }

    /// <summary>All connections so far wait for their peer: their deadlines run.</summary>
    public Task BegunAsync() => Task.WhenAll(_begun).WaitAsync(Patience.Limit);

    /// <summary>All connections so far have ended.</summary>
    public Task EndedAsync() => Task.WhenAll(_served).WaitAsync(Patience.Limit);

    /// <summary>Moves the clock in its own steps until a task ends, and tells how far it had to go.</summary>
    public async Task<TimeSpan> AdvanceUntilAsync(Task task, TimeSpan? most = null)
    {
        var start = Time.GetUtcNow();
        var limit = most ?? TimeSpan.FromMinutes(10);
        while (!task.IsCompleted && Time.GetUtcNow() - start < limit)
        {
            Time.Advance(s_tick);
            await TakeTurnsAsync(task);
        }

        await task.WaitAsync(Patience.Limit);
        return Time.GetUtcNow() - start;
    }

    public async ValueTask DisposeAsync() => await _provider.DisposeAsync();

    // The tick's consequences run on other threads: they get a moment of real time, and on a busy machine until their turn has come. It
    // only makes the result sharper.
    private static async Task TakeTurnsAsync(Task task)
    {
        await Task.WhenAny(task, Task.Delay(2));
        for (var i = 0; i < 20 && !task.IsCompleted && ThreadPool.PendingWorkItemCount > 0; i++)
        {
            await Task.WhenAny(task, Task.Delay(1));
        }
    }
}

/// <summary>Keeps what is logged.</summary>
internal sealed class RecordingLogs : ILoggerProvider
{
    private readonly ConcurrentQueue<LogEntry> _entries = new();

    public IReadOnlyCollection<LogEntry> Entries => _entries;

    /// <summary>The values that an operator would read.</summary>
    public IEnumerable<LogEntry> AboveDebug => _entries.Where(entry => entry.Level > LogLevel.Debug);

    public ILogger CreateLogger(string categoryName) => new Recorder(_entries);

    public void Dispose()
    {
    }

    private sealed class Recorder(ConcurrentQueue<LogEntry> entries) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            entries.Enqueue(new LogEntry(logLevel, eventId.Id, formatter(state, exception), exception));
    }
}

internal sealed record LogEntry(LogLevel Level, int Id, string Message, Exception? Exception);
