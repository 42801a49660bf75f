#pragma warning disable CA2012 // These tests are the awaiter: they test inline continuations.
using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Connections;
using UpgradeProtocols.Transport.Epoll;

namespace UpgradeProtocols.Tests.Transport;

public sealed class EpollReaderTests : IAsyncLifetime
{
    private readonly SegmentPool _pool = new();
    private EpollPair _pair = null!;

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    private EpollReader Reader => _pair.Reader;

    public async ValueTask InitializeAsync() => _pair = await EpollPair.CreateAsync(_pool);

    public ValueTask DisposeAsync() => _pair.DisposeAsync();

    [Fact]
    public async Task A_pending_read_ends_when_the_connection_is_disposed()
    {
        var read = Reader.ReadAsync(TestEnd).AsTask();
        await _pair.Connection.DisposeAsync();
        await Assert.ThrowsAsync<ConnectionAbortedException>(() => read.SoonAsync());
        Assert.Throws<InvalidOperationException>(() => Reader.TryRead(out _));
    }

    // The connection was in the queue of the loop, or the loop was processing one of its events.
    [Fact]
    public async Task A_disposed_connection_receives_nothing_from_the_socket_that_reuses_its_number()
    {
        await Newcomers.UntilOneHasTheNumberAsync(async (pair, newcomers) =>
        {
            var read = pair.Reader.ReadAsync(TestEnd).AsTask();
            var number = pair.Connection.File;
            await pair.Connection.DisposeAsync();
            newcomers.Take(number);

            pair.Connection.Ready(LibC.EPOLLIN);
            Assert.Equal(-1, pair.Connection.Receive(new byte[6]));

            await Assert.ThrowsAsync<ConnectionAbortedException>(() => read.SoonAsync());
        });
    }

    [Fact]
    public async Task A_continuation_of_a_flush_may_dispose_the_connection_before_its_read_completes()
    {
        await Newcomers.UntilOneHasTheNumberAsync(async (pair, newcomers) =>
        {
            var number = pair.Connection.File;
            var read = pair.Reader.ReadAsync(TestEnd).AsTask();
            var (flush, written) = pair.FillUntilBlocked(TestEnd);
            flush.GetAwaiter().UnsafeOnCompleted(() =>
            {
                Assert.True(pair.Connection.DisposeAsync().IsCompleted);
                newcomers.Take(number);
            });
            await pair.ReceiveAsync(written, LibC.EPOLLOUT | LibC.EPOLLIN);

            await Assert.ThrowsAsync<ConnectionAbortedException>(() => read.SoonAsync());
        });
    }

    [Theory]
    [InlineData("cancel abort complete ready", "canceled")]
    [InlineData("abort cancel token complete", "aborted")]
    [InlineData("complete abort cancel ready", "aborted")]
    [InlineData("token abort complete cancel", "OperationCanceled")]
    [InlineData("ready cancel token abort complete", "abc")]
    public async Task A_read_ends_once_with_concurrent_ends(string order, string outcome)
    {
        await _pair.Client.SendAsync("abc"u8.ToArray(), TestEnd);
        await _pair.ArrivedAsync(3);
        using var token = new CancellationTokenSource();
        var ends = 0;
        var read = Reader.ReadAsync(token.Token);
        Assert.False(read.IsCompleted);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var awaiter = read.GetAwaiter();
        awaiter.UnsafeOnCompleted(() =>
        {
            Interlocked.Increment(ref ends);
            ended.TrySetResult();
        });
        foreach (var step in order.Split(' '))
        {
            await StepAsync(step, token);
        }

        await ended.Task.SoonAsync();
        Assert.Equal(outcome, Outcome());
        // A second completion would have run by now, or runs before the work item that is queued next.
        var behind = new TaskCompletionSource();
        ThreadPool.UnsafeQueueUserWorkItem(static behind => behind.SetResult(), behind, preferLocal: false);
        await behind.Task.SoonAsync();
        Assert.Equal(1, ends);

        string Outcome()
        {
            try
            {
                var result = awaiter.GetResult();
                return result.IsCanceled ? "canceled" : Encoding.ASCII.GetString(result.Buffer);
            }
            catch (ConnectionAbortedException)
            {
                return "aborted";
            }
            catch (OperationCanceledException)
            {
                return "OperationCanceled";
            }
        }
    }

    [Fact]
    public async Task A_late_cancellation_does_not_reach_the_next_read()
    {
        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        var read = Reader.ReadAsync(first.Token).AsTask();
        await ArriveAsync("abc");
        Reader.AdvanceTo((await read.WaitAsync(Patience.Limit, TestEnd)).Buffer.End);

        var next = Reader.ReadAsync(second.Token).AsTask();
        // The callback of the first token began before the reader could unregister it.
        Reader.Cancel(first.Token);
        await ArriveAsync("def");

        Assert.Equal("def", Encoding.ASCII.GetString((await next.WaitAsync(Patience.Limit, TestEnd)).Buffer));
    }

    [Fact]
    public async Task A_cancelled_token_ends_the_pending_read_and_not_the_next()
    {
        using var token = new CancellationTokenSource();
        var read = Reader.ReadAsync(token.Token).AsTask();
        await token.CancelAsync();
        var exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.SoonAsync());
        Assert.Equal(token.Token, exception.CancellationToken);
        var next = Reader.ReadAsync(TestEnd).AsTask();
        await ArriveAsync("abc");
        Assert.Equal(3, (await next.WaitAsync(Patience.Limit, TestEnd)).Buffer.Length);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Read_bytes_stay_unchanged_after_a_concurrent_disposal_of_the_connection(bool waits)
    {
        ReadOnlySequence<byte> held = default;
        if (waits)
        {
            var read = Reader.ReadAsync(TestEnd);
            var disposed = new TaskCompletionSource<ReadResult>();
            read.GetAwaiter().UnsafeOnCompleted(() =>
            {
                _ = _pair.Connection.DisposeAsync();
                disposed.SetResult(read.GetAwaiter().GetResult());
            });
            await ArriveAsync("abc");
            held = (await disposed.Task.WaitAsync(Patience.Limit, TestEnd)).Buffer;
        }
        else
        {
            await ArriveAsync("abc");
            held = (await Reader.ReadAsync(TestEnd)).Buffer;
            await _pair.Connection.DisposeAsync();
        }

        Assert.True(Poison.IsOn);
        var pooled = _pool.RentLarge();
        Assert.NotSame(((Segment)held.Start.GetObject()!).Array, pooled.Array);
        Assert.Equal("abc", Encoding.ASCII.GetString(held));
        Reader.AdvanceTo(held.End);
    }

    [Fact]
    public async Task A_position_of_an_earlier_read_throws_and_does_not_affect_the_connection_that_reuses_its_segment()
    {
        await ArriveAsync("abc");
        var read = await Reader.ReadAsync(TestEnd);
        Reader.AdvanceTo(read.Buffer.GetPosition(1), read.Buffer.End);
        await using var other = await EpollPair.CreateAsync(_pool);
        await other.Client.SendAsync("secret"u8.ToArray(), TestEnd);
        await other.ArrivedAsync(6);
        other.Connection.Ready(LibC.EPOLLIN);
        var others = await other.Reader.ReadAsync(TestEnd);
        Assert.Same(read.Buffer.Start.GetObject(), others.Buffer.Start.GetObject());

        Assert.Throws<InvalidOperationException>(() => Reader.AdvanceTo(read.Buffer.End));
        await ArriveAsync("def");
        var next = await Reader.ReadAsync(TestEnd);
        Assert.Throws<InvalidOperationException>(() => Reader.AdvanceTo(read.Buffer.GetPosition(2)));
        Assert.Throws<InvalidOperationException>(() => Reader.AdvanceTo(next.Buffer.Start, others.Buffer.End));

        Assert.Equal("bcdef", Encoding.ASCII.GetString(next.Buffer));
        Reader.AdvanceTo(next.Buffer.End);
        Assert.Equal("secret", Encoding.ASCII.GetString(others.Buffer));
        other.Reader.AdvanceTo(others.Buffer.Start);
        Assert.True(other.Reader.TryRead(out others));
        Assert.Equal("secret", Encoding.ASCII.GetString(others.Buffer));
    }

    [Fact]
    public async Task A_second_read_before_the_first_has_ended_throws()
    {
        var read = Reader.ReadAsync(TestEnd).AsTask();
        Assert.Throws<InvalidOperationException>(() => { _ = Reader.ReadAsync(TestEnd).AsTask(); });
        Assert.Throws<InvalidOperationException>(() => Reader.TryRead(out _));
        await ArriveAsync("abc");
        var result = await read.WaitAsync(Patience.Limit, TestEnd);
        Assert.Throws<InvalidOperationException>(() => Reader.TryRead(out _));
        Reader.AdvanceTo(result.Buffer.Start);
        Assert.True(Reader.TryRead(out result));
        Assert.Equal(3, result.Buffer.Length);
    }

    [Fact]
    public async Task A_read_after_a_cancelled_read_needs_no_AdvanceTo()
    {
        Reader.CancelPendingRead();
        Assert.True((await Reader.ReadAsync(TestEnd)).IsCanceled);
        await ArriveAsync("abc");
        Assert.Equal(3, (await Reader.ReadAsync(TestEnd)).Buffer.Length);
    }

    [Fact]
    public async Task A_reset_ends_the_pending_read()
    {
        var read = Reader.ReadAsync(TestEnd).AsTask();
        _pair.Client.Close(timeout: 0);
        await Eventually.TrueAsync(
            () =>
            {
                _pair.Connection.Ready(LibC.EPOLLIN | LibC.EPOLLERR | LibC.EPOLLHUP | LibC.EPOLLRDHUP);
                return read.IsCompleted;
            },
            "the reset is told");
        await Assert.ThrowsAnyAsync<IOException>(() => read.SoonAsync());
        Assert.ThrowsAny<IOException>(() => Reader.TryRead(out _));
    }

    [Fact]
    public async Task Received_bytes_are_read_before_the_end()
    {
        await _pair.Client.SendAsync("abc"u8.ToArray(), TestEnd);
        _pair.Client.Shutdown(SocketShutdown.Send);
        await _pair.ArrivedAsync(3);
        _pair.Connection.Ready(LibC.EPOLLIN | LibC.EPOLLRDHUP);
        var read = await Reader.ReadAsync(TestEnd);
        Assert.Equal((3, false), (read.Buffer.Length, read.IsCompleted));
        Reader.AdvanceTo(read.Buffer.GetPosition(1), read.Buffer.End);
        read = await Reader.ReadAsync(TestEnd).AsTask().WaitAsync(Patience.Limit, TestEnd);
        Assert.Equal((2, true), (read.Buffer.Length, read.IsCompleted));
    }

    [Fact]
    public async Task A_connection_yields_to_others_after_MaxReceivesInARow_receives()
    {
        for (var i = 0; i <= EpollReader.MaxReceivesInARow; i++)
        {
            await _pair.Client.SendAsync("a"u8.ToArray(), TestEnd);
            await _pair.ArrivedAsync(1);
            if (i == 0)
            {
                // With the end announced a short piece isn't taken for all there is.
                _pair.Connection.Ready(LibC.EPOLLIN | LibC.EPOLLRDHUP);
            }

            var read = Reader.ReadAsync(TestEnd);
            Assert.Equal(i < EpollReader.MaxReceivesInARow, read.IsCompleted);
            _pair.Connection.Ready(i < EpollReader.MaxReceivesInARow ? 0 : LibC.EPOLLIN);
            Reader.AdvanceTo((await read.AsTask().WaitAsync(Patience.Limit, TestEnd)).Buffer.End);
        }
    }

    [Fact]
    public async Task A_try_read_gets_available_bytes_in_a_later_turn()
    {
        for (var i = 0; i <= EpollReader.MaxReceivesInARow; i++)
        {
            await _pair.Client.SendAsync("a"u8.ToArray(), TestEnd);
            await _pair.ArrivedAsync(1);
            if (i == 0)
            {
                _pair.Connection.Ready(LibC.EPOLLIN | LibC.EPOLLRDHUP);
            }

            if (i < EpollReader.MaxReceivesInARow)
            {
                Assert.True(Reader.TryRead(out var read));
                Reader.AdvanceTo(read.Buffer.End);
            }
        }

        Assert.False(Reader.TryRead(out _));
        _pair.StartLoop();
        await Eventually.TrueAsync(() => Reader.TryRead(out _), "the rest is read");
    }

    // The kernel returns the data before the urgent byte separately: a short receive, although more data has arrived.
    [Fact]
    public async Task Urgent_data_does_not_delay_the_data_behind_it()
    {
        var before = BytesAcknowledged();
        await _pair.Client.SendAsync("abc"u8.ToArray(), TestEnd);
        _pair.Client.Send("!"u8.ToArray(), SocketFlags.OutOfBand);
        await _pair.Client.SendAsync("def"u8.ToArray(), TestEnd);
        await Eventually.TrueAsync(() => BytesAcknowledged() == before + 7, "all has arrived");
        _pair.Connection.Ready(LibC.EPOLLIN | LibC.EPOLLPRI);
        var text = "";
        while (text.Length < 6)
        {
            Assert.True(Reader.TryRead(out var read), $"After {text} nothing comes.");
            text += Encoding.ASCII.GetString(read.Buffer);
            Reader.AdvanceTo(read.Buffer.End);
        }

        Assert.Equal("abcdef", text);
        Assert.False(Reader.TryRead(out _));
    }

    // The kernel's count: tcp_info.tcpi_bytes_acked.
    private ulong BytesAcknowledged()
    {
        const int Tcp = 6;
        const int Info = 11;
        const int Acknowledged = 120;
        var info = new byte[256];
        Assert.True(_pair.Client.GetRawSocketOption(Tcp, Info, info) >= Acknowledged + sizeof(ulong));
        return BitConverter.ToUInt64(info, Acknowledged);
    }

    private async Task ArriveAsync(string text)
    {
        await _pair.Client.SendAsync(Encoding.ASCII.GetBytes(text), TestEnd);
        await _pair.ArrivedAsync(text.Length);
        _pair.Connection.Ready(LibC.EPOLLIN);
    }

    private async Task StepAsync(string step, CancellationTokenSource token)
    {
        switch (step)
        {
            case "cancel":
                Reader.CancelPendingRead();
                break;
            case "abort":
                Reader.Abort(new ConnectionAbortedException("As the test wants it."));
                break;
            case "complete":
                Reader.Complete();
                break;
            case "token":
                await token.CancelAsync();
                break;
            default:
                Reader.Ready(hungUp: false, hasUrgent: false);
                break;
        }
    }
}
