using System.Collections.Concurrent;
using System.Security.Claims;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols.Testing;

/// <summary>
/// The server in memory, without a port: requests, frames and handlers are the real ones, only the socket isn't. It takes the services that
/// a program would set up.
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
    /// <param name="configure">Adds the services, as a program does: <c>services.AddUpgradeProtocols()</c> among them.</param>
    /// <param name="time">The server's clock, such as a fake one; the real one when <see langword="null"/>.</param>
    /// <param name="output">
    /// Takes the lines of the server's log, level Information and above, such as <c>testOutputHelper.WriteLine</c>; no output by default.
    /// </param>
    public UpgradeTestServer(Action<IServiceCollection> configure, TimeProvider? time = null, Action<string>? output = null)
        : this(Build(configure, time), output) => _owned = (IAsyncDisposable)Services;

    /// <summary>Creates a server on the services of a host. They stay the host's, and the host needn't be started.</summary>
    /// <param name="services">The services, with <c>AddUpgradeProtocols()</c> among them.</param>
    /// <param name="output">
    /// Takes the lines of the server's log, level Information and above, such as <c>testOutputHelper.WriteLine</c>; no output by default.
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
    /// The time that a client waits for an answer or a message before it fails the test; 10 seconds by default. It is real time, independent
    /// of the server's clock.
    /// </summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets the sender for the clients of a contract.</summary>
    /// <typeparam name="T">A client contract of a declared protocol.</typeparam>
    /// <returns>The clients.</returns>
    public IClients<T> Clients<T>()
        where T : class => Services.GetRequiredService<IClients<T>>();

    /// <summary>Opens a WebSocket. When it returns, the connection is open: <see cref="Connections"/> has it.</summary>
    /// <param name="path">The path, with a query if there is one.</param>
    /// <param name="protocol">The subprotocol; <see langword="null"/> to ask for none.</param>
    /// <param name="headers">More headers of the request, such as Authorization or Origin.</param>
    /// <param name="user">The authenticated user; by default the server authenticates the request itself.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The client.</returns>
    /// <exception cref="UpgradeRefusedException">
    /// The server responded with another status than 101. Its inner exception is what the server has logged for a status of 500.
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
    /// <param name="path">The path, with a query if there is one.</param>
    /// <param name="token">The protocol, as the Upgrade header has it.</param>
    /// <param name="headers">More headers of the request.</param>
    /// <param name="user">The authenticated user; by default the server authenticates the request itself.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The connection's bytes.</returns>
    /// <exception cref="UpgradeRefusedException">The server responded with another status than 101.</exception>
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

    /// <summary>Stops the server as a host does (W10): no upgrades any more, 1001 to all, and an end of what doesn't end in time.</summary>
    /// <param name="cancellationToken">Ends what is left at once.</param>
    /// <returns>A task that ends when no connection is left.</returns>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        using var timeout = new CancellationTokenSource(_engine.Options.DrainTimeout, _engine.Hub.Clock.Time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        await ConnectionDrain.RunAsync(_engine.Hub, deadline.Token);
        await _stopping.CancelAsync();
        await Task.WhenAll(_served);
    }

    /// <summary>Ends every connection, and disposes of the services that the server has made.</summary>
    /// <returns>A task that ends when nothing of it runs any more.</returns>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        foreach (var connection in _connections)
        {
            connection.Reset();
        }

        // A handler that never ends is the test's fault, and mustn't hang it.
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

        // Known by its end point, which no other connection has.
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

        // As Kestrel does when its handler has returned.
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
