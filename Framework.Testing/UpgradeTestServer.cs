using System.Collections.Concurrent;
using System.Security.Claims;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols.Testing;

/// <summary>
/// An in-memory server without a port: requests, frames and handlers are real, only the socket isn't. It uses the same services as a
/// program.
/// </summary>
/// <example>
/// <code>
/// await using var server = new UpgradeTestServer(services => services.AddUpgradeProtocols());
/// var client = await server.ConnectAsync("/chat", "chat.v2");
/// var joined = await client.RequestAsync&lt;Joined&gt;("join", new Join("lobby"));
/// </code>
/// </example>
public sealed class UpgradeTestServer : IAsyncDisposable
{
    private const string Key = "dGhlIHNhbXBsZSBub25jZQ==";

    private readonly IAsyncDisposable? _owned;
    private readonly ServerLog _log;
    private readonly UpgradeEngine _engine;
    private readonly ProtocolEntry[] _entries;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentBag<Task> _served = [];
    private readonly ConcurrentBag<MemoryConnection> _connections = [];

    /// <summary>Creates a server with its own services.</summary>
    /// <param name="configure">Adds the services like a program, including <c>services.AddUpgradeProtocols()</c>.</param>
    /// <param name="time">The server's clock, such as a fake one; <see langword="null"/> for the system clock.</param>
    /// <param name="output">
    /// Receives the lines of the server's log, level Information and above, such as <c>testOutputHelper.WriteLine</c>; none by default.
    /// </param>
    public UpgradeTestServer(Action<IServiceCollection> configure, TimeProvider? time = null, Action<string>? output = null)
        : this(Build(configure, time), output) => _owned = (IAsyncDisposable)Services;

    /// <summary>Creates a server with the services of a host. The server doesn't dispose them, and the host need not be started.</summary>
    /// <param name="services">The services, including <c>AddUpgradeProtocols()</c>.</param>
    /// <param name="output">
    /// Receives the lines of the server's log, level Information and above, such as <c>testOutputHelper.WriteLine</c>; none by default.
    /// </param>
    /// <exception cref="InvalidOperationException">The services have no upgrade protocols.</exception>
    public UpgradeTestServer(IServiceProvider services, Action<string>? output = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        _log = new ServerLog(output);
        services.GetService<ILoggerFactory>()?.AddProvider(_log);
        _engine = services.GetService<UpgradeEngine>()
            ?? throw new InvalidOperationException("The services have no upgrade protocols: call AddUpgradeProtocols() on them.");
        _entries = [.. services.GetRequiredService<ProtocolCollection>().Included];
        Services = services;
        _engine.Hub.Enlisted += static connection => (connection.Request.RemoteEndPoint as TestEndPoint)?.Open(connection);
    }

    /// <summary>The server's services.</summary>
    public IServiceProvider Services { get; }

    /// <summary>The server's connections.</summary>
    public IConnections Connections => _engine.Hub;

    /// <summary>
    /// The timeout of a client that waits for a response or a message, after which the test fails; 10 seconds by default. It is real time,
    /// even if the server has a fake clock.
    /// </summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Returns the clients of a contract, to send to them from the server.</summary>
    /// <typeparam name="T">A client contract of a declared protocol.</typeparam>
    /// <returns>The clients.</returns>
    public IClients<T> Clients<T>()
        where T : class => Services.GetRequiredService<IClients<T>>();

    /// <summary>Opens a WebSocket. When the task ends, the connection is open and in <see cref="Connections"/>.</summary>
    /// <param name="path">The path, with an optional query string.</param>
    /// <param name="protocol">The subprotocol to offer; <see langword="null"/> for none.</param>
    /// <param name="headers">Additional request headers, such as Authorization or Origin.</param>
    /// <param name="user">The authenticated user; by default the server authenticates the request itself.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The client.</returns>
    /// <exception cref="UpgradeRefusedException">
    /// The server responded with a status other than 101. For status 500, the inner exception is the one that the server has logged.
    /// </exception>
    public async Task<UpgradeTestClient> ConnectAsync(
        string path,
        string? protocol = null,
        IReadOnlyDictionary<string, string>? headers = null,
        ClaimsPrincipal? user = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var more = new Dictionary<string, string>(headers ?? new Dictionary<string, string>(), StringComparer.OrdinalIgnoreCase)
        {
            ["Sec-WebSocket-Version"] = "13",
            ["Sec-WebSocket-Key"] = Key,
        };
        if (protocol is not null)
        {
            more["Sec-WebSocket-Protocol"] = protocol;
        }

        var (memory, answer, connection) = await UpgradeAsync(path, "websocket", more, user, cancellationToken);
        return new UpgradeTestClient(memory, connection, answer.Headers, _log, Timeout);
    }

    /// <summary>Upgrades to a raw protocol.</summary>
    /// <param name="path">The path, with an optional query string.</param>
    /// <param name="token">The protocol's token in the Upgrade header.</param>
    /// <param name="headers">Additional request headers.</param>
    /// <param name="user">The authenticated user; by default the server authenticates the request itself.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The client's end of the connection.</returns>
    /// <exception cref="UpgradeRefusedException">The server responded with a status other than 101.</exception>
    public async Task<UpgradeTestPipe> ConnectRawAsync(
        string path,
        string token,
        IReadOnlyDictionary<string, string>? headers = null,
        ClaimsPrincipal? user = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentException.ThrowIfNullOrEmpty(token);
        var (memory, _, connection) = await UpgradeAsync(path, token, headers ?? new Dictionary<string, string>(), user, cancellationToken);
        return new UpgradeTestPipe(memory, connection, Timeout);
    }

    /// <summary>
    /// Stops the server like a host (W10): it refuses new upgrades, closes all connections with 1001, and aborts those that don't end in
    /// time.
    /// </summary>
    /// <param name="cancellationToken">Aborts the remaining connections immediately.</param>
    /// <returns>A task that ends when no connection is left.</returns>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        using var timeout = new CancellationTokenSource(_engine.Options.DrainTimeout, _engine.Hub.Clock.Time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        await ConnectionDrain.RunAsync(_engine.Hub, deadline.Token);
        await _stopping.CancelAsync();
        await Task.WhenAll(_served);
    }

    /// <summary>Ends every connection, and disposes the services that the server has created.</summary>
    /// <returns>A task that ends when the connections have ended, or after <see cref="Timeout"/>.</returns>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        foreach (var connection in _connections)
        {
            connection.Reset();
        }

        // A handler that never ends is a bug in the test, and must not hang it.
        await Task.WhenAny(Task.WhenAll(_served), Task.Delay(Timeout));
        if (_owned is not null)
        {
            await _owned.DisposeAsync();
        }

        _stopping.Dispose();
    }

    private static ServiceProvider Build(Action<IServiceCollection> configure, TimeProvider? time)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var services = new ServiceCollection();
        if (time is not null)
        {
            services.AddSingleton(time);
        }

        services.AddLogging();
        configure(services);
        return services.BuildServiceProvider(validateScopes: true);
    }

    private async Task<(MemoryConnection Memory, HttpAnswer Answer, UpgradeConnection Connection)> UpgradeAsync(
        string path, string token, IReadOnlyDictionary<string, string> headers, ClaimsPrincipal? user, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Timeout);
        var memory = new MemoryConnection();
        _connections.Add(memory);

        // The unique endpoint identifies the connection.
        var endPoint = new TestEndPoint();
        _served.Add(ServeAsync(memory, endPoint, user));
        await memory.Client.Output.WriteAsync(Head(path, token, headers), patience.Token);
        var answer = await HttpAnswer.ReadAsync(memory.Client.Input, patience.Token);
        if (answer.Status != 101)
        {
            throw new UpgradeRefusedException(answer.Status, answer.Body, answer.Headers, answer.Status == 500 ? _log.FailureOf(path.Split('?')[0]) : null);
        }

        return (memory, answer, await endPoint.Connection.WaitAsync(patience.Token));
    }

    private async Task ServeAsync(MemoryConnection memory, TestEndPoint endPoint, ClaimsPrincipal? user)
    {
        await Task.Yield();
        await _engine.ServeAsync(new HttpTransport(memory.Server, new TransportAbort(memory.Abort), RemoteEndPoint: endPoint, User: user, Stopping: _stopping.Token));

        // Like Kestrel after its handler has returned.
        await memory.Server.Output.CompleteAsync();
        await memory.Server.Input.CompleteAsync();
    }

    private static byte[] Head(string path, string token, IReadOnlyDictionary<string, string> headers)
    {
        var head = new StringBuilder($"GET {path} HTTP/1.1\r\n");
        foreach (var (name, value) in new Dictionary<string, string>(headers, StringComparer.OrdinalIgnoreCase) { ["Connection"] = "Upgrade", ["Upgrade"] = token })
        {
            head.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        if (!headers.Keys.Contains("Host", StringComparer.OrdinalIgnoreCase))
        {
            head.Append("Host: localhost\r\n");
        }

        return Encoding.Latin1.GetBytes(head.Append("\r\n").ToString());
    }
}
