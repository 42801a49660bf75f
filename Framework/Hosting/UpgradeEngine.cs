using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>The state that all connections of an application share: the negotiation table, the responders, the limits.</summary>
internal sealed class UpgradeEngine
{
    private readonly NegotiationTable _table;
    private volatile Settings _settings;
    private readonly Dictionary<ProtocolRoute, ConnectionLimit> _limits = [];
    private readonly Dictionary<Type, AccessRule> _rules = [];
    private int? _maxByDescriptors;
    private long _lastTooMany = long.MinValue;

    public UpgradeEngine(
        ProtocolCollection protocols,
        ConnectionHub hub,
        IServiceScopeFactory scopes,
        TimeProvider time,
        ILogger<UpgradeEngine> logger,
        IServiceProviderIsService? registered = null)
    {
        var entries = protocols.Included.ToArray();
        Hub = hub;
        Scopes = scopes;
        Logger = logger;
        Writer = new ResponseWriter(new DateField(time));
        Routes = new RegularRoutes(protocols.RegularRoutes);
        Proxies = new KnownProxies([.. Options.KnownProxies]);
        _table = new NegotiationTable(entries);
        _settings = new Settings(Options, _table);
        foreach (var entry in entries)
        {
            Check(entry, Options.BearerToken.SubprotocolPrefix);
            if (AccessRule.Of(entry.HandlerType) is { } rule)
            {
                _rules.TryAdd(entry.HandlerType, rule);
            }

            if (entry.MaxConnections > 0)
            {
                _limits.Add(entry, new ConnectionLimit(entry.MaxConnections));
            }

            HostingLog.ProtocolAdded(logger, entry.DisplayName, entry.Kind, entry.Path, entry.HandlerType.FullName ?? entry.HandlerType.Name);
        }

        if (registered is not null)
        {
            PayloadServices.Warn(entries, registered, logger);
        }
    }

    public ConnectionHub Hub { get; }

    public IServiceScopeFactory Scopes { get; }

    public UpgradeOptions Options => Hub.Options;

    public HttpLimits Limits => _settings.Limits;

    public ResponseWriter Writer { get; }

    public RegularRoutes Routes { get; }

    /// <summary>Counts all connections of the lightweight server.</summary>
    public ConnectionLimit Connections => Hub.Served;

    /// <summary>Limits the accepted sockets of the lightweight server to the available descriptors.</summary>
    public AcceptGate Gate { get; } = new();

    public KnownProxies Proxies { get; }

    /// <summary>Whether the lightweight server serves an endpoint of the application's own Kestrel.</summary>
    public bool HasEndpoint { get; set; }

    /// <summary>Whether the application has mapped protocols as endpoints.</summary>
    public bool IsMapped { get; set; }

    public ILogger Logger { get; }

    /// <summary>The recent refusals; null without the explorer.</summary>
    public RefusalHistory? Refusals { get; private set; }

    /// <summary>Whether the server is stopping: no connection is upgraded any more, and responses end their connections.</summary>
    public bool IsStopping
    {
        get => Hub.IsStopping;
        set => Hub.IsStopping = value;
    }

    /// <summary>Serves one connection from its first byte to its end.</summary>
    public async Task ServeAsync(HttpTransport transport)
    {
        var isCounted = transport.IsAdmitted is null && Connections.TryEnter();
        var counted = isCounted ? transport with { Traits = transport.Traits | TransportTraits.Counted } : transport;
        Task late;
        try
        {
            (var session, late) = await StartWithLateAsync(counted, transport.IsAdmitted ?? isCounted);
            if (session is not null)
            {
                await session.RunAsync();
            }
        }
        finally
        {
            if (transport.IsAdmitted is null)
            {
                Hub.Lingering.Leave(transport.Abort.Connection, isCounted);
            }
        }

        // If the transport counts the connection, waiting here would keep its place in the limit.
        if (transport.IsAdmitted is null)
        {
            await late;
        }
    }

    /// <summary>Serves a connection during its HTTP phase; returns the session to run if it is upgraded.</summary>
    public Task<StartedSession?> StartAsync(HttpTransport transport, bool isAdmitted) => new HttpConnection(this, transport).RunAsync(isAdmitted);

    // The HttpConnection itself isn't kept while its session runs.
    private async Task<(StartedSession? Session, Task Late)> StartWithLateAsync(HttpTransport transport, bool isAdmitted)
    {
        var connection = new HttpConnection(this, transport);
        return (await connection.RunAsync(isAdmitted), connection.Late);
    }

    /// <summary>The counter of a protocol's connections, if it has a limit.</summary>
    public ConnectionLimit? LimitOf(ProtocolRoute route) => _limits.GetValueOrDefault(route);

    /// <summary>The access rule of a handler; null if it has none.</summary>
    public AccessRule? RuleOf(ProtocolEntry entry) => _rules.GetValueOrDefault(entry.HandlerType);

    /// <summary>Removes bearer tokens from a request, before any part of it is compared or logged.</summary>
    public bool TakeToken(UpgradeRequest request) =>
        BearerTokens.Take(request, Options.BearerToken.SubprotocolPrefix, Options.BearerToken.QueryParameter);

    /// <summary>Logs the condition for the operator, but not for each connection of a flood.</summary>
    public void LogTooManyConnections()
    {
        var last = Volatile.Read(ref _lastTooMany);
        var now = Hub.Clock.Now;
        if ((last == long.MinValue || now - last >= 10_000) && Interlocked.CompareExchange(ref _lastTooMany, now, last) == last)
        {
            HostingLog.TooManyConnections(Logger, Connections.Count);
        }
    }

    /// <summary>Limits the number of connections to the available file descriptors.</summary>
    public void LimitByDescriptors(DescriptorBudget budget)
    {
        _maxByDescriptors = budget.Served;
        Connections.SetMax(Options.MaxConnections ?? budget.Served);
        Hub.Lingering.Max = budget.Lingering;
        Gate.Max = budget.Connections;
    }

    /// <summary>Applies changed options to new connections and messages.</summary>
    /// <returns>The options that changed too but can't be applied: they belong to listening sockets or to shared state.</returns>
    public string[] TryReload(UpgradeOptions options)
    {
        string[] fixedOnes =
        [
            .. Changed(nameof(options.ProxyProtocol), options.ProxyProtocol != Options.ProxyProtocol),
            .. Changed(nameof(options.KnownProxies), !options.KnownProxies.SequenceEqual(Options.KnownProxies)),
            .. Changed(nameof(options.Compression), !options.Compression.IsSameAs(Options.Compression)),
        ];

        // Code that checks whether a PROXY header is required reads the option: it keeps the value that the sockets were opened with.
        options.ProxyProtocol = Options.ProxyProtocol;
        var settings = new Settings(options, _table);
        Connections.SetMax(options.MaxConnections ?? _maxByDescriptors);
        Hub.Options = options;
        _settings = settings;
        return fixedOnes;

        static string[] Changed(string name, bool hasChanged) => hasChanged ? [name] : [];
    }

    /// <param name="request">The request.</param>
    /// <param name="path">The protocols of its path if the application has routed it; null to look them up in the table.</param>
    public Decision Decide(UpgradeRequest request, PathProtocols? path = null)
    {
        var settings = _settings;
        var decision = settings.Hosts.AllowsAll || settings.Hosts.Allows(request.Host)
            ? path is null
                ? settings.Negotiator.Decide(request, Routes.Has(request.Path))
                : settings.Negotiator.Decide(request, path, hasRegular: false)
            : new Decision.Refused(RegularResponse.Text("This server doesn't answer for this host: it isn't in AllowedHosts.\n", 400), Closes: true, RefusalReason.HostNotAllowed);
        if (IsStopping && decision is Decision.Upgraded)
        {
            decision = new Decision.Refused(RegularResponse.Text("The server is stopping: connect again in a moment.\n", 503), Closes: true, RefusalReason.Stopping);
        }

        if (decision is Decision.Refused refused)
        {
            TellRefusal(request, refused.Response.StatusCode, refused.Reason, System.Text.Encoding.UTF8.GetString(refused.Response.Body.Span).TrimEnd());
        }

        return decision;
    }

    /// <summary>Counts a refusal, logs it, and adds it to the kept refusals if they are enabled.</summary>
    /// <param name="request">The request, without its token.</param>
    /// <param name="status">The response's status code.</param>
    /// <param name="reason">The reason, for a metric.</param>
    /// <param name="explanation">The error, and what to send instead.</param>
    public void TellRefusal(UpgradeRequest request, int status, RefusalReason reason, string explanation)
    {
        Hub.Metrics.Refused(status, reason);

        // The log leaves out the query: some clients must put a secret there.
        var method = LogText.Of(request.Method);
        var path = LogText.Of(request.Path);
        var upgrade = RequestListText.Upgrade(request);
        var subprotocols = RequestListText.Subprotocols(request);
        HostingLog.Refused(Logger, status, method, path, upgrade, subprotocols, explanation);
        Refusals?.Add(new Refusal(Hub.Clock.Time.GetUtcNow(), status, reason.ToTag(), method, path, upgrade, subprotocols, explanation));
    }

    /// <summary>Keeps the refusals from here on, for the explorer.</summary>
    public void KeepRefusals() => Refusals ??= new RefusalHistory(capacity: 100);

    /// <summary>Whether requests for this host are allowed.</summary>
    public bool AllowsHost(string host) => _settings.Hosts.Allows(host);

    private static void Check(ProtocolEntry entry, string? tokenPrefix)
    {
        if (entry is { MaxConnections: < 0 } or { MaxMessageSize: < 0 })
        {
            throw new InvalidOperationException(
                $"{entry.DisplayName} has a negative MaxConnections or MaxMessageSize: write how many there may be, or leave it out for no limit of its own.");
        }

        if (entry is { Kind: UpgradeKind.WebSocket, Name: { } name } && tokenPrefix is not null
            && name.Length > tokenPrefix.Length && name.StartsWith(tokenPrefix, StringComparison.OrdinalIgnoreCase))
        {
            throw new InvalidOperationException(
                $"No client can ask for the subprotocol '{name}': it begins with BearerToken.SubprotocolPrefix, '{tokenPrefix}', and is taken for a token. Rename it, or change the prefix.");
        }
    }
}

/// <summary>Values derived from the options; replaced as a whole when the options change.</summary>
internal sealed class Settings(UpgradeOptions options, NegotiationTable table)
{
    public HttpLimits Limits { get; } = new()
    {
        MaxRequestLineSize = options.MaxRequestLineSize,
        MaxHeadSize = options.MaxRequestHeadersTotalSize,
        MaxFieldCount = options.MaxRequestHeaderCount,
        MaxRequestBodySize = options.MaxRequestBodySize,
    };

    public HostPolicy Hosts { get; } = new(options.AllowedHosts);

    public Negotiator Negotiator { get; } = new(
        table, new OriginPolicy(options.CompareOriginScheme, OriginPattern.ParseAll(options.AllowedOrigins, nameof(options.AllowedOrigins))));
}

/// <summary>A connection that the transport hands over.</summary>
/// <param name="Pipe">Its bytes.</param>
/// <param name="Abort">Aborts it.</param>
/// <param name="IsTls">Whether the bytes came over TLS.</param>
/// <param name="RemoteEndPoint">The peer.</param>
/// <param name="LocalEndPoint">The endpoint that accepted it.</param>
/// <param name="IsAdmitted">Whether it is below the limit; null if the transport hasn't counted it.</param>
/// <param name="Traits">The traits that determine how the connection ends.</param>
/// <param name="BelievesFields">
/// Whether a known proxy's headers identify the client: not if its PROXY header should have identified it and names no client.
/// </param>
/// <param name="User">The user, if the connection is already authenticated; otherwise null.</param>
/// <param name="Stopping">Is cancelled when the server stops.</param>
internal sealed record HttpTransport(
    System.IO.Pipelines.IDuplexPipe Pipe,
    TransportAbort Abort,
    bool IsTls = false,
    EndPoint? RemoteEndPoint = null,
    EndPoint? LocalEndPoint = null,
    bool? IsAdmitted = null,
    TransportTraits Traits = TransportTraits.None,
    bool BelievesFields = true,
    System.Security.Claims.ClaimsPrincipal? User = null,
    CancellationToken Stopping = default);
