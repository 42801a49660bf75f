using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>What all connections of an application share: the negotiation table, the responders, the limits.</summary>
internal sealed class UpgradeEngine
{
    private readonly HostPolicy _hosts;
    private readonly Negotiator _negotiator;
    private readonly Dictionary<ProtocolRoute, ConnectionLimit> _limits = [];
    private readonly Dictionary<Type, AccessRule> _rules = [];
    private long _lastTooMany = long.MinValue;

    public UpgradeEngine(
        ProtocolCollection protocols,
        IEnumerable<RegularRoute> routes,
        ConnectionHub hub,
        IServiceScopeFactory scopes,
        IOptions<UpgradeOptions> options,
        TimeProvider time,
        ILogger<UpgradeEngine> logger)
    {
        var entries = protocols.Included.ToArray();
        Hub = hub;
        Scopes = scopes;
        Logger = logger;
        Options = options.Value;
        Limits = new HttpLimits
        {
            MaxRequestLineSize = Options.MaxRequestLineSize,
            MaxHeadSize = Options.MaxRequestHeadSize,
            MaxFieldCount = Options.MaxRequestFieldCount,
            MaxRequestBodySize = Options.MaxRequestBodySize,
        };
        Writer = new ResponseWriter(new DateField(time));
        Responders = new RegularResponderTable([.. protocols.RegularRoutes, .. routes]);
        Connections = new ConnectionLimit(Options.MaxConnections);
        Proxies = new KnownProxies([.. Options.KnownProxies]);
        _hosts = new HostPolicy([.. Options.AllowedHosts]);
        _negotiator = new Negotiator(
            new NegotiationTable(entries),
            new OriginPolicy(Options.CompareOriginScheme, OriginPattern.ParseAll(Options.AllowedOrigins)));
        foreach (var entry in entries)
        {
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
    }

    public ConnectionHub Hub { get; }

    public IServiceScopeFactory Scopes { get; }

    public UpgradeOptions Options { get; }

    public HttpLimits Limits { get; }

    public ResponseWriter Writer { get; }

    public RegularResponderTable Responders { get; }

    /// <summary>Counts all connections of the lightweight server.</summary>
    public ConnectionLimit Connections { get; }

    public KnownProxies Proxies { get; }

    public ILogger Logger { get; }

    /// <summary>Whether the server is stopping: nothing is upgraded any more, and answers end their connections.</summary>
    public bool IsStopping
    {
        get => Hub.IsStopping;
        set => Hub.IsStopping = value;
    }

    /// <summary>Serves one connection from its first byte to its end.</summary>
    public async Task ServeAsync(HttpTransport transport)
    {
        var isCounted = transport.IsAdmitted is null && Connections.TryEnter();
        try
        {
            await new HttpConnection(this, transport).RunAsync(isAdmitted: transport.IsAdmitted ?? isCounted);
        }
        finally
        {
            if (isCounted)
            {
                Connections.Leave();
            }
        }
    }

    /// <summary>The count of a protocol's connections, where it has a limit.</summary>
    public ConnectionLimit? LimitOf(ProtocolRoute route) => _limits.GetValueOrDefault(route);

    /// <summary>Who may have a handler; null where anybody may.</summary>
    public AccessRule? RuleOf(ProtocolEntry entry) => _rules.GetValueOrDefault(entry.HandlerType);

    /// <summary>Takes bearer tokens out of a request, before anything of it is compared or logged.</summary>
    public bool TakeToken(UpgradeRequest request) =>
        BearerTokens.Take(request, Options.BearerToken.SubprotocolPrefix, Options.BearerToken.QueryParameter);

    /// <summary>Tells the operator, but not for each of a flood.</summary>
    public void LogTooManyConnections()
    {
        var last = Volatile.Read(ref _lastTooMany);
        var now = Hub.Clock.Now;
        if ((last == long.MinValue || now - last >= 10_000) && Interlocked.CompareExchange(ref _lastTooMany, now, last) == last)
        {
            HostingLog.TooManyConnections(Logger, Connections.Count);
        }
    }

    /// <param name="request">The request.</param>
    /// <param name="path">The protocols of its path where the application has routed it; the table tells them otherwise.</param>
    public Decision Decide(UpgradeRequest request, PathProtocols? path = null)
    {
        var decision = _hosts.Allows(request.Host)
            ? path is null ? _negotiator.Decide(request, Responders.Has(request.Path)) : _negotiator.Decide(request, path, hasRegular: false)
            : new Decision.Refused(RegularResponse.Text("This server doesn't answer for this host: it isn't in AllowedHosts.\n", 400), Closes: true);
        if (IsStopping && decision is Decision.Upgraded)
        {
            decision = new Decision.Refused(RegularResponse.Text("The server is stopping: connect again in a moment.\n", 503), Closes: true);
        }

        if (decision is Decision.Refused refused)
        {
            // Without the query: some clients have to put a secret there.
            HostingLog.Refused(
                Logger, refused.Response.StatusCode, LogText.Of(request.Method), LogText.Of(request.Path),
                LogText.Of(request.ConnectProtocol ?? request.Fields["Upgrade"]), LogText.Of(request.Fields["Sec-WebSocket-Protocol"]),
                System.Text.Encoding.UTF8.GetString(refused.Response.Body.Span).TrimEnd());
        }

        return decision;
    }
}

/// <summary>A connection as the transport hands it over.</summary>
/// <param name="Pipe">Its bytes.</param>
/// <param name="Abort">Ends it at once.</param>
/// <param name="IsTls">Whether the bytes came by TLS.</param>
/// <param name="RemoteEndPoint">The peer.</param>
/// <param name="LocalEndPoint">Where it was accepted.</param>
/// <param name="IsAdmitted">Whether it may be there; null where the transport hasn't counted it.</param>
/// <param name="Stopping">Is cancelled when the server stops.</param>
internal sealed record HttpTransport(
    System.IO.Pipelines.IDuplexPipe Pipe,
    Action Abort,
    bool IsTls = false,
    EndPoint? RemoteEndPoint = null,
    EndPoint? LocalEndPoint = null,
    bool? IsAdmitted = null,
    CancellationToken Stopping = default);
