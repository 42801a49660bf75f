using System.Buffers;
using System.IO.Pipelines;

namespace UpgradeProtocols;

/// <summary>A connection while it speaks HTTP: requests one after another, until one is upgraded or the connection ends.</summary>
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

    // Whether the request was read to its end, as far as can be told.
    private bool _isWhole;

    IServiceProvider? IUpgradeHttp.Services => null;

    CancellationToken IUpgradeHttp.Stopping => transport.Stopping;

    bool IUpgradeHttp.IsGuarded => false;

    TransportAbort IUpgradeHttp.Abort => transport.Abort;

    TransportTraits IUpgradeHttp.Traits => transport.Traits;

    /// <summary>
    /// Code of the application that was too late: it may still read the request, whose bytes aren't given back before it has ended.
    /// </summary>
    public Task Late { get; private set; } = Task.CompletedTask;

    private bool IsStopping => _isStopping || engine.IsStopping;

    /// <summary>Serves requests until the connection ends, or until one is upgraded.</summary>
    /// <param name="isAdmitted">Whether the connection may be there; else it is told that there are too many.</param>
    /// <returns>What is to be run then.</returns>
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
            // The peer is gone, or the server aborts what didn't end in time.
            HostingLog.Lost(engine.Logger, e);
        }
        finally
        {
            engine.Hub.Clock.Remove(this);
            EndRequest();
        }

        return null;
    }

    // Who is late keeps its request, and neither the connection nor its place.
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

    ValueTask<UserOfRequest?> IUpgradeHttp.FindUserAsync() => default;

    IClientWatch IUpgradeHttp.WatchClient(bool leavesByFin) => new PipeClientWatch(_input, leavesByFin);

    Task IUpgradeHttp.KeepUntilAsync(Task late)
    {
        Late = late;
        return Task.CompletedTask;
    }

    void IUpgradeHttp.WriteAccept(string token, ReadOnlySpan<KeyValuePair<string, string>> fields) =>
        engine.Writer.WriteSwitchingProtocols(_output, token, fields);

    // From here on the connection has other deadlines, and another way to stop.
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
        // The write has a deadline again.
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
            // The request may lie unread, and its answer can't go out.
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
            // Under the lock, so that no read after the one that the deadline was for is cancelled.
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

    // T2. It isn't read: to wait for its request would keep it here as long as one that was admitted.
    private Task RefuseConnectionAsync()
    {
        engine.LogTooManyConnections();
        return RefuseAsync(new HttpRequestError(503, "The server has as many connections as it may have: connect again later."));
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

            // Not where only the engine stops: the answer has said that the connection stays, and what is asked next gets a 503.
            if (!goesOn || _isStopping)
            {
                return session;
            }

            _parser.Reset();
            SetDeadline(engine.Options.KeepAliveTimeout);
        }

        return null;
    }

    /// <summary>The next request's head, or null when there is none: the connection has been answered and ends.</summary>
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

            // What follows the head stays unexamined, so that the next read gives it without waiting.
            _input.AdvanceTo(buffer.Start, status == HeadParseStatus.Done ? buffer.Start : buffer.End);
            if (status == HeadParseStatus.Done)
            {
                return _parser.Request;
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

    // A refused head isn't parsed on. It has come whole where its last line has, and such a request has no body.
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

    // H9: who has sent nothing is closed without a word.
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
            await RefuseAsync(new HttpRequestError(503, "The server is stopping."));
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

    /// <summary>Answers a request, or upgrades the connection; tells whether another request may follow.</summary>
    private async Task<(bool GoesOn, StartedSession? Session)> AnswerAsync(UpgradeRequest request)
    {
        _isWhole = request.BodyKind == RequestBodyKind.None;
        if (request.HasUnknownExpectation)
        {
            await RefuseAsync(new HttpRequestError(417, "The only expectation known is 100-continue."));
            return (false, null);
        }

        switch (engine.Decide(request))
        {
            case Decision.Refused { Closes: true } refused:
                await AnswerAndEndAsync(request, refused.Response);
                return (false, null);
            case Decision.Refused refused:
                return (await ReadBodyAndAnswerAsync(request, responder: null, refused.Response), null);
            case Decision.Upgraded upgraded:
                return (false, await TryReadBodyAsync(request) ? await new UpgradeExchange(engine, this, request, upgraded).StartAsync() : null);
            default:
                var (found, refusal) = engine.Responders.Find(request);
                return (await ReadBodyAndAnswerAsync(request, found, refusal), null);
        }
    }

    // H10: the body is read before the next head is parsed, whatever the answer is.
    private async Task<bool> ReadBodyAndAnswerAsync(UpgradeRequest request, RegularResponder? responder, RegularResponse? refusal)
    {
        if (refusal is not null && request.ExpectsContinue)
        {
            // N7: the client hasn't sent its body and learns now that it needn't.
            await AnswerAndEndAsync(request, refusal);
            return false;
        }

        if (!await TryReadBodyAsync(request))
        {
            return false;
        }

        var response = refusal ?? await RespondAsync(request, responder!);
        if (!request.KeepAlive || IsStopping || response.ClosesConnection)
        {
            await AnswerAndEndAsync(request, response);
            return false;
        }

        engine.Writer.Write(_output, response, request.Method == "HEAD", close: false);
        await FlushAsync();
        return true;
    }

    private async Task<RegularResponse> RespondAsync(UpgradeRequest request, RegularResponder responder)
    {
        var cancellation = CancellationTokenSource.CreateLinkedTokenSource(transport.Stopping);
        var answering = RespondAsync(request, responder, cancellation);
        var outcome = answering.IsCompleted ? AnswerOutcome.InTime : await WaitAsync(answering);
        if (outcome == AnswerOutcome.InTime)
        {
            cancellation.Dispose();
            return await answering;
        }

        Late = CancelAsync(request, answering, cancellation);
        var (method, path, step) = (LogText.Of(request.Method), LogText.Of(request.Path), "its regular responder");
        if (outcome == AnswerOutcome.ClientLeft)
        {
            HostingLog.ClientLeft(engine.Logger, method, path, step);
            throw new IOException("The client left before it was answered.");
        }

        HostingLog.AnswerTooLate(engine.Logger, method, path, step, engine.Options.AnswerTimeout.TotalSeconds);
        return RegularResponse.Text("The server takes too long to answer: try again later.\n", 503).WithField("Connection", "close");
    }

    private async Task<AnswerOutcome> WaitAsync(Task answering)
    {
        using var deadline = new AnswerDeadline(engine.Hub.Clock, engine.Options.AnswerTimeout);
        await using var client = new PipeClientWatch(_input, leavesByFin: false);
        return await deadline.WaitAsync(answering, client);
    }

    private async Task<RegularResponse> RespondAsync(UpgradeRequest request, RegularResponder responder, CancellationTokenSource cancellation)
    {
        try
        {
            return await responder(request, cancellation.Token);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested && !transport.Stopping.IsCancellationRequested)
        {
            // It was told to end, since it was too late; nobody reads what it returns.
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
            // What the application does when it is told to end.
            HostingLog.ResponderFailed(engine.Logger, e, LogText.Of(request.Method), LogText.Of(request.Path));
        }

        await answering;
        cancellation.Dispose();
    }

    private async Task<bool> TryReadBodyAsync(UpgradeRequest request)
    {
        if (request.BodyKind == RequestBodyKind.None)
        {
            return true;
        }

        if (RequestBodyReader.CheckDeclaredLength(request, engine.Limits) is { } tooLarge)
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
            error = await RequestBodyReader.ReadAsync(_input, request, engine.Limits, CancellationToken.None);
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

    /// <summary>Sends what was written and ends the connection, so that the peer can read it.</summary>
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
            throw new OperationCanceledException("The peer doesn't read what it is sent.");
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
