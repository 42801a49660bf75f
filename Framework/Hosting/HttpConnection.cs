using System.Buffers;
using System.IO.Pipelines;

namespace UpgradeProtocols;

/// <summary>A connection during its HTTP phase: it serves requests in sequence until one is upgraded or the connection ends.</summary>
internal sealed class HttpConnection(UpgradeEngine engine, HttpTransport transport) : ClockClient, IUpgradeHttp
{
    private const string HeadTooLate = "The request's head didn't arrive in time.";
    private const string BodyTooLate = "The request's body didn't arrive in time.";

    private readonly PipeReader _input = transport.Pipe.Input;
    private readonly PipeWriter _output = transport.Pipe.Output;
    private readonly RequestHeadParser _parser = new(engine.Limits);
    private readonly Lock _gate = new();
    private long _deadline = long.MaxValue;
    private long _writeDeadline = long.MaxValue;
    private volatile bool _isExpired;
    private volatile bool _isStopping;

    // Whether the whole request was read, as far as the server knows.
    private bool _isWhole;

    IServiceProvider? IUpgradeHttp.Services => null;

    CancellationToken IUpgradeHttp.Stopping => transport.Stopping;

    bool IUpgradeHttp.IsGuarded => false;

    TransportAbort IUpgradeHttp.Abort => transport.Abort;

    TransportTraits IUpgradeHttp.Traits => transport.Traits;

    /// <summary>
    /// Application code that missed its deadline. It may still read the request, so the request's bytes aren't returned before it has
    /// ended.
    /// </summary>
    public Task Late { get; private set; } = Task.CompletedTask;

    private bool IsStopping => _isStopping || engine.IsStopping;

    /// <summary>Serves requests until the connection ends or until one is upgraded.</summary>
    /// <param name="isAdmitted">Whether the connection is below the limit; otherwise it gets a "too many connections" response.</param>
    /// <returns>The session to run next; null if the connection ends.</returns>
    public async Task<StartedSession?> RunAsync(bool isAdmitted = true)
    {
        engine.Hub.Clock.Add(this);
        try
        {
            if (isAdmitted)
            {
                return await ServeRequestsAsync();
            }

            await RefuseConnectionAsync();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The peer has disconnected, or the server aborts connections that didn't end in time.
            HostingLog.Lost(engine.Logger, e);
        }
        finally
        {
            engine.Hub.Clock.Remove(this);
            EndRequest();
        }

        return null;
    }

    // Late application code keeps its request, but neither the connection nor its place in the limit.
    private void EndRequest()
    {
        if (Late.IsCompleted)
        {
            _parser.Reset();
        }
        else
        {
            Late = Late.ContinueWith(_ => _parser.Reset(), TaskScheduler.Default);
        }
    }

    ValueTask<UserOfRequest?> IUpgradeHttp.FindUserAsync() => new(transport.User is { } user ? new UserOfRequest(user, Expires: null) : null);

    IClientWatch IUpgradeHttp.WatchClient(bool leavesByFin) => new PipeClientWatch(_input, leavesByFin);

    Task IUpgradeHttp.KeepUntilAsync(Task late)
    {
        Late = late;
        return Task.CompletedTask;
    }

    void IUpgradeHttp.WriteAccept(string token, ReadOnlySpan<KeyValuePair<string, string>> fields) =>
        engine.Writer.WriteSwitchingProtocols(_output, token, fields);

    // From here on the connection has other deadlines and stops in another way.
    async Task<IDuplexPipe?> IUpgradeHttp.SwitchAsync()
    {
        await FlushAsync();
        engine.Hub.Clock.Remove(this);
        return transport.Pipe;
    }

    Task IUpgradeHttp.RefuseAsync(RegularResponse response)
    {
        engine.Writer.Write(_output, response, _parser.IsHead, close: true);
        return EndAsync();
    }

    Task IUpgradeHttp.EndAsync(IDuplexPipe pipe)
    {
        // The write needs a deadline again.
        engine.Hub.Clock.Add(this);
        _isWhole = false;
        return EndAsync(new DiscardedFrames(rest: 0));
    }

    public override void Tick(long now)
    {
        if (!_isStopping && transport.Stopping.IsCancellationRequested)
        {
            Stop();
        }

        if (transport.Abort.IsHeldUp)
        {
            // The transport is held up: the request may lie unread, and the response can't be sent.
            PutOff(engine.Hub.Clock.Step);
        }

        if (now >= Volatile.Read(ref _writeDeadline))
        {
            Volatile.Write(ref _writeDeadline, long.MaxValue);
            HostingLog.WriteBlocked(engine.Logger);
            transport.Abort.Invoke();
            _output.CancelPendingFlush();
        }

        lock (_gate)
        {
            // The lock makes sure that only the read with this deadline is cancelled, not a later one.
            if (now >= _deadline)
            {
                _deadline = long.MaxValue;
                _isExpired = true;
                _input.CancelPendingRead();
            }
        }
    }

    private void PutOff(long milliseconds)
    {
        var writing = Volatile.Read(ref _writeDeadline);
        if (writing != long.MaxValue)
        {
            Interlocked.CompareExchange(ref _writeDeadline, writing + milliseconds, writing);
        }

        lock (_gate)
        {
            _deadline += _deadline == long.MaxValue ? 0 : milliseconds;
        }
    }

    // T2: the request isn't read. Waiting for it would keep the connection here as long as an admitted one.
    private Task RefuseConnectionAsync()
    {
        engine.LogTooManyConnections();
        return RefuseAsync(new HttpRequestError(503, "The server has reached its connection limit: connect again later."));
    }

    private async Task<StartedSession?> ServeRequestsAsync()
    {
        SetDeadline(engine.Options.HandshakeTimeout);
        while (await ReadHeadAsync() is { } request)
        {
            ClearDeadline();
            if (_isExpired)
            {
                await RefuseAsync(new HttpRequestError(408, HeadTooLate));
                return null;
            }

            request.Scheme = transport.IsTls ? "https" : "http";
            request.RemoteEndPoint = transport.RemoteEndPoint;
            request.LocalEndPoint = transport.LocalEndPoint;
            if (transport.BelievesFields && !engine.Proxies.TryApply(request))
            {
                HostingLog.ForwardedIgnored(engine.Logger, transport.RemoteEndPoint);
            }

            engine.TakeToken(request);
            var (goesOn, session) = await AnswerAsync(request);

            // If only the engine stops, the connection stays open, as the response has said; the next upgrade request gets a 503.
            if (!goesOn || _isStopping)
            {
                return session;
            }

            _parser.Reset();
            SetDeadline(engine.Options.HttpKeepAliveTimeout);
        }

        return null;
    }

    /// <summary>The next request's head; null if there is none: the connection has been answered and ends.</summary>
    private async Task<UpgradeRequest?> ReadHeadAsync()
    {
        var hasStarted = false;
        while (true)
        {
            var result = await _input.ReadAsync();
            var buffer = result.Buffer;
            var status = _parser.Parse(ref buffer);
            if (status == HeadParseStatus.Failed)
            {
                _isWhole = IsLikelyWhole(result.Buffer);
                _input.AdvanceTo(result.Buffer.End);
                await RefuseAsync(_parser.Error!.Value);
                return null;
            }

            // The bytes after the head stay unexamined, so that the next read returns them without waiting.
            _input.AdvanceTo(buffer.Start, status == HeadParseStatus.Done ? buffer.Start : buffer.End);
            if (status == HeadParseStatus.Done)
            {
                return _parser.Head is { } head ? new UpgradeRequest(head) : null;
            }

            if (result.IsCompleted || result.IsCanceled)
            {
                await EndWithoutHeadAsync(result.IsCompleted);
                return null;
            }

            if (_parser.HasStarted && !hasStarted)
            {
                hasStarted = true;
                SetDeadline(engine.Options.HandshakeTimeout);
            }
        }
    }

    // A refused head isn't parsed further. It has arrived whole if its last line has; a request of these methods has no body.
    private bool IsLikelyWhole(in ReadOnlySequence<byte> bytes)
    {
        Span<byte> end = stackalloc byte[4];
        if (!_parser.IsOfBodilessMethod || bytes.Length < end.Length)
        {
            return false;
        }

        bytes.Slice(bytes.Length - end.Length).CopyTo(end);
        return end.EndsWith("\n\n"u8) || end.SequenceEqual("\r\n\r\n"u8);
    }

    // H9: a client that has sent nothing gets no response.
    private async Task EndWithoutHeadAsync(bool isCompleted)
    {
        if (!_parser.HasStarted)
        {
            await _output.CompleteAsync();
        }
        else if (isCompleted)
        {
            await RefuseAsync(HttpRequestError.BadRequest("The connection ended inside a request's head."));
        }
        else if (_isStopping)
        {
            await RefuseAsync(new HttpRequestError(503, "The server is stopping: connect again later."));
        }
        else
        {
            await RefuseAsync(new HttpRequestError(408, HeadTooLate));
        }
    }

    private async Task RefuseAsync(HttpRequestError error)
    {
        engine.Hub.Metrics.Refused(error.StatusCode, error.StatusCode switch
        {
            408 => RefusalReason.Timeout,
            503 when _isStopping => RefusalReason.Stopping,
            503 => RefusalReason.TooManyConnections,
            _ => RefusalReason.MalformedRequest,
        });
        HostingLog.BadRequest(engine.Logger, error.StatusCode, error.Message);
        engine.Writer.WriteError(_output, error, _parser.IsHead);
        await EndAsync();
    }

    /// <summary>Answers a request or upgrades the connection; returns whether another request may follow.</summary>
    private async Task<(bool GoesOn, StartedSession? Session)> AnswerAsync(UpgradeRequest request)
    {
        _isWhole = request.Framing.Kind == RequestBodyKind.None;
        if (request.HasUnknownExpectation)
        {
            await RefuseAsync(new HttpRequestError(417, "The server supports only the expectation 100-continue."));
            return (false, null);
        }

        switch (engine.Decide(request))
        {
            case Decision.Refused { Closes: true } refused:
                await AnswerAndEndAsync(request, refused.Response);
                return (false, null);
            case Decision.Refused refused:
                return (await ReadBodyAndAnswerAsync(request, route: null, refused.Response), null);
            case Decision.Upgraded upgraded:
                return (false, await TryReadBodyAsync(request) ? await new UpgradeExchange(engine, this, request, upgraded).StartAsync() : null);
            default:
                var (found, refusal) = engine.Routes.Find(request);
                return (await ReadBodyAndAnswerAsync(request, found, refusal), null);
        }
    }

    // H10: the body is read before the next head is parsed, for every kind of response.
    private async Task<bool> ReadBodyAndAnswerAsync(UpgradeRequest request, RegularRoute? route, RegularResponse? refusal)
    {
        if (refusal is not null && request.ExpectsContinue)
        {
            // N7: the client waits for 100 before it sends the body. The refusal comes instead, so the body isn't sent.
            await AnswerAndEndAsync(request, refusal);
            return false;
        }

        if (!await TryReadBodyAsync(request))
        {
            return false;
        }

        var response = refusal ?? await RespondAsync(request, route!);
        if (!request.KeepAlive || IsStopping || response.ClosesConnection)
        {
            await AnswerAndEndAsync(request, response);
            return false;
        }

        engine.Writer.Write(_output, response, request.Method == "HEAD", close: false);
        await FlushAsync();
        return true;
    }

    private async Task<RegularResponse> RespondAsync(UpgradeRequest request, RegularRoute route)
    {
        var cancellation = CancellationTokenSource.CreateLinkedTokenSource(transport.Stopping);
        var answering = RespondAsync(request, route, cancellation);
        var outcome = answering.IsCompleted ? AnswerOutcome.InTime : await WaitAsync(answering);
        if (outcome == AnswerOutcome.InTime)
        {
            cancellation.Dispose();
            return await answering;
        }

        Late = CancelAsync(request, answering, cancellation);
        var (method, path, step) = (LogText.Of(request.Method), LogText.Of(request.Path), "the route's delegate");
        if (outcome == AnswerOutcome.ClientLeft)
        {
            HostingLog.ClientLeft(engine.Logger, method, path, step);
            throw new IOException("The client disconnected before the answer.");
        }

        HostingLog.AnswerTooLate(engine.Logger, method, path, step, engine.Options.AnswerTimeout.TotalSeconds);
        return RegularResponse.Text("The server takes too long to answer: try again later.\n", 503).WithHeader("Connection", "close");
    }

    private async Task<AnswerOutcome> WaitAsync(Task answering)
    {
        using var deadline = new AnswerDeadline(engine.Hub.Clock, engine.Options.AnswerTimeout);
        await using var client = new PipeClientWatch(_input, leavesByFin: false);
        return await deadline.WaitAsync(answering, client);
    }

    private async Task<RegularResponse> RespondAsync(UpgradeRequest request, RegularRoute route, CancellationTokenSource cancellation)
    {
        try
        {
            var result = await route.Handler(request, cancellation.Token)
                ?? throw new InvalidOperationException("The route's delegate returned null.");
            return await ResultExecution.RunAsync(result, request, engine.Scopes, cancellation.Token);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested && !transport.Stopping.IsCancellationRequested)
        {
            // The handler was cancelled, because it was too late or the client has disconnected; the return value isn't used.
            return RegularResponse.Text("", 503);
        }
        catch (Exception e)
        {
            HostingLog.ResponderFailed(engine.Logger, e, LogText.Of(request.Method), LogText.Of(request.Path));
            return RegularResponse.Text("The server failed to answer.\n", 500);
        }
    }

    private async Task CancelAsync(UpgradeRequest request, Task answering, CancellationTokenSource cancellation)
    {
        try
        {
            await cancellation.CancelAsync();
        }
        catch (AggregateException e)
        {
            // A cancellation callback of the application failed.
            HostingLog.ResponderFailed(engine.Logger, e, LogText.Of(request.Method), LogText.Of(request.Path));
        }

        await answering;
        cancellation.Dispose();
    }

    private async Task<bool> TryReadBodyAsync(UpgradeRequest request)
    {
        if (request.Framing.Kind == RequestBodyKind.None)
        {
            return true;
        }

        if (RequestBodyReader.CheckDeclaredLength(request.Framing, engine.Limits) is { } tooLarge)
        {
            await RefuseAsync(tooLarge);
            return false;
        }

        if (request.ExpectsContinue)
        {
            ResponseWriter.WriteContinue(_output);
            await FlushAsync();
        }

        SetDeadline(engine.Options.RequestBodyTimeout);
        HttpRequestError? error;
        try
        {
            var body = await RequestBodyReader.ReadAsync(_input, request.Framing, engine.Limits, CancellationToken.None);
            error = body.Error;
            if (body.Content is { } content)
            {
                request.Complete(content);
            }
        }
        catch (OperationCanceledException) when (_isExpired)
        {
            error = new HttpRequestError(408, BodyTooLate);
        }

        ClearDeadline();
        error ??= _isExpired ? new HttpRequestError(408, BodyTooLate) : null;
        if (error is { } refusal)
        {
            await RefuseAsync(refusal);
            return false;
        }

        _isWhole = true;
        return true;
    }

    private async Task AnswerAndEndAsync(UpgradeRequest request, RegularResponse response)
    {
        engine.Writer.Write(_output, response, request.Method == "HEAD", close: true);
        await EndAsync();
    }

    /// <summary>Sends the written output and ends the connection in a way that lets the peer read it.</summary>
    private async Task EndAsync(DiscardedFrames? frames = null)
    {
        ClearDeadline();
        await FlushAsync();
        await LingeringClose.RunAsync(engine.Hub, transport.Pipe, transport.Abort.Connection, transport.Traits, _isWhole, frames);
    }

    private async Task FlushAsync()
    {
        var size = _output.CanGetUnflushedBytes ? _output.UnflushedBytes : 0;
        var flush = _output.FlushAsync();
        if (!flush.IsCompleted)
        {
            var limit = WriteWatch.Limit(engine.Options.WriteTimeout, size);
            Volatile.Write(ref _writeDeadline, limit == long.MaxValue ? limit : engine.Hub.Clock.Now + limit);
        }

        var result = await flush;
        Volatile.Write(ref _writeDeadline, long.MaxValue);
        if (result.IsCanceled)
        {
            throw new OperationCanceledException("The peer doesn't read.");
        }
    }

    private void Stop()
    {
        _isStopping = true;
        lock (_gate)
        {
            if (_deadline != long.MaxValue)
            {
                _input.CancelPendingRead();
            }
        }
    }

    private void SetDeadline(TimeSpan timeout)
    {
        lock (_gate)
        {
            _isExpired = false;
            _deadline = engine.Hub.Clock.Now + (long)timeout.TotalMilliseconds;
        }
    }

    private void ClearDeadline()
    {
        lock (_gate)
        {
            _deadline = long.MaxValue;
        }
    }
}
