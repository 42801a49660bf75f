using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace UpgradeProtocols;

/// <summary>ASP.NET Core's HTTP around an upgrade: a 101 over HTTP/1.1, an extended CONNECT over HTTP/2 (RFC 8441).</summary>
internal sealed class MappedHttp : IUpgradeHttp
{
    private readonly UpgradeEngine _engine;
    private readonly Lock _gate = new();
    private HttpContext? _context;
    private PipeReader? _ownReader;

    public MappedHttp(UpgradeEngine engine, HttpContext context)
    {
        _engine = engine;
        _context = context;
        Services = context.RequestServices;
        Stopping = context.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
    }

    public IServiceProvider? Services { get; }

    /// <summary>Always true: the endpoint's metadata carries the authorization, and the middleware enforces it.</summary>
    public bool IsGuarded => true;

    public CancellationToken Stopping { get; }

    public TransportAbort Abort => new(AbortRequest);

    public TransportTraits Traits { get; private set; }

    /// <summary>Whether the server can switch the connection to the protocol. Kestrel can't if the request has a body.</summary>
    public bool CanSwitch =>
        Context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true }
        || Context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true };

    private HttpContext Context => _context ?? throw new InvalidOperationException("The request has ended.");

    public async ValueTask<UserOfRequest?> FindUserAsync()
    {
        var context = Context;
        return new UserOfRequest(context.User, await MappedLogin.EndOfAsync(context));
    }

    /// <summary>
    /// Kestrel ends an HTTP/1.1 request at the client's FIN, for every protocol; <paramref name="leavesByFin"/> has no effect.
    /// </summary>
    public IClientWatch WatchClient(bool leavesByFin) => new RequestWatch(Context.RequestAborted);

    public async Task KeepUntilAsync(Task late)
    {
        // The request owns the services, so it continues. The response is completed first, so that the client doesn't wait.
        if (!Context.RequestAborted.IsCancellationRequested)
        {
            await Context.Response.CompleteAsync();
        }

        await late;
    }

    public void WriteAccept(string token, ReadOnlySpan<KeyValuePair<string, string>> fields)
    {
        ResponseWriter.CheckSwitchingFields(fields);
        var headers = Context.Response.Headers;
        if (Context.Features.Get<IHttpExtendedConnectFeature>() is not { IsExtendedConnect: true })
        {
            headers.Upgrade = token;
        }

        foreach (var (name, value) in fields)
        {
            headers.Append(name, value);
        }
    }

    public async Task<IDuplexPipe?> SwitchAsync()
    {
        var context = Context;
        context.Features.Get<IHttpRequestTimeoutFeature>()?.DisableTimeout();
        if (context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } connect)
        {
            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            {
                limit.MaxRequestBodySize = null;
            }

            // A connection that is quiet for a while isn't a slow upload.
            if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            {
                rate.MinDataRate = null;
            }

            return Over(await connect.AcceptAsync());
        }

        var upgrade = context.Features.GetRequiredFeature<IHttpUpgradeFeature>();
        try
        {
            var stream = await upgrade.UpgradeAsync();
            return OfKestrel(upgrade, context) is { } transport ? HalfClosing(transport, context) : Over(stream);
        }
        catch (InvalidOperationException) when (!context.Response.HasStarted)
        {
            // Kestrel's MaxConcurrentUpgradedConnections is the only remaining cause of this exception.
            context.Response.Clear();
            return null;
        }
    }

    public async Task RefuseAsync(RegularResponse response)
    {
        var context = Context;
        context.Response.StatusCode = response.StatusCode;
        context.Response.ContentType = response.ContentType;
        context.Response.ContentLength = response.Body.Length;
        var hasConnections = HttpProtocol.IsHttp11(context.Request.Protocol) || HttpProtocol.IsHttp10(context.Request.Protocol);
        foreach (var (name, value) in response.Headers)
        {
            // RFC 9113 §8.2.2: HTTP/2 has no connection-specific headers.
            if (hasConnections || !(RegularResponse.IsConnection(name) || name.Equals("Upgrade", StringComparison.OrdinalIgnoreCase)))
            {
                context.Response.Headers.Append(name, value);
            }
        }

        if (hasConnections)
        {
            // N8: the bytes after the refusal belong to the new protocol and are never read as a request.
            context.Response.Headers.Append("Connection", "close");
        }

        await context.Response.Body.WriteAsync(response.Body);
    }

    public async Task EndAsync(IDuplexPipe pipe)
    {
        await pipe.Output.FlushAsync().AsTask().WaitAsync(_engine.Options.CloseTimeout, _engine.Hub.Clock.Time);
        await LingeringClose.RunAsync(_engine.Hub, pipe, connection: null, Traits, isWhole: false, new DiscardedFrames(rest: 0));
    }

    private void AbortRequest()
    {
        lock (_gate)
        {
            _context?.Abort();
        }
    }

    /// <summary>
    /// Releases the request: its objects serve other requests afterwards, and code that still holds the connection must not reach them.
    /// </summary>
    public async ValueTask ReleaseAsync()
    {
        lock (_gate)
        {
            _context = null;
        }

        if (_ownReader is { } reader)
        {
            await reader.CompleteAsync();
        }
    }

    // Kestrel's HTTP/1.1 stream copies from the connection's pipe, and only this code reads the pipe from here on. If the feature isn't
    // Kestrel's own, a middleware has wrapped the stream and must see the bytes.
    private static IDuplexPipe? OfKestrel(IHttpUpgradeFeature upgrade, HttpContext context) =>
        upgrade.GetType().Assembly == typeof(KestrelServer).Assembly ? context.Features.Get<IConnectionTransportFeature>()?.Transport : null;

    private IDuplexPipe HalfClosing(IDuplexPipe transport, HttpContext context)
    {
        var pipe = TransportEnds.Of(transport, context.Features, out var traits);
        Traits = traits;
        return pipe;
    }

    private StreamPipe Over(Stream stream)
    {
        // Unread bytes stay in the server's buffers: the connection ends with the request.
        _ownReader = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));
        return new StreamPipe(_ownReader, PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true)));
    }

    private sealed class RequestWatch : IClientWatch
    {
        private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly CancellationTokenRegistration _registration;

        public RequestWatch(CancellationToken aborted) => _registration = aborted.UnsafeRegister(static left => ((TaskCompletionSource)left!).TrySetResult(), _left);

        public Task Left => _left.Task;

        public ValueTask DisposeAsync() => _registration.DisposeAsync();
    }

    private sealed record StreamPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
