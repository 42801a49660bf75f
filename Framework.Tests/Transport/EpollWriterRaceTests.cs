#pragma warning disable CA2012, xUnit1031 // These tests are the awaiter: they test inline continuations.
using System.Runtime.InteropServices;
using System.Text;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Transport.Epoll;

namespace UpgradeProtocols.Tests.Transport;

/// <summary>Tests of race conditions between a write and the loop, an abort or a disposal.</summary>
public sealed class EpollWriterRaceTests : IAsyncLifetime
{
    private readonly SegmentPool _pool = new();
    private EpollPair _pair = null!;

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    private EpollWriter Writer => _pair.Writer;

    public async ValueTask InitializeAsync() => _pair = await EpollPair.CreateAsync(_pool);

    public ValueTask DisposeAsync() => _pair.DisposeAsync();

    // A Pipe permits this too.
    [Fact]
    public async Task Bytes_written_during_a_pending_flush_reach_only_their_own_peer()
    {
        var (flush, written) = _pair.FillUntilBlocked(TestEnd);
        var memory = Writer.GetMemory(3);

        // All flushed data is sent: for the loop, the segment that the caller writes into is empty.
        await _pair.ReceiveAsync(written);
        Assert.False((await flush).IsCompleted);
        AssertIsNotInThePool(memory);
        "abc"u8.CopyTo(memory.Span);
        Writer.Advance(3);
        await Writer.FlushAsync(TestEnd);

        Assert.Equal("abc", Encoding.ASCII.GetString(await _pair.ReceiveAsync(3)));
    }

    [Fact]
    public async Task Memory_obtained_before_a_flush_may_be_written_after_it()
    {
        "abc"u8.CopyTo(Writer.GetSpan(3));
        Writer.Advance(3);
        var memory = Writer.GetMemory(3);
        await Writer.FlushAsync(TestEnd);
        AssertIsNotInThePool(memory);
        "def"u8.CopyTo(memory.Span);
        Writer.Advance(3);
        await Writer.FlushAsync(TestEnd);

        Assert.Equal("abcdef", Encoding.ASCII.GetString(await _pair.ReceiveAsync(6)));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(50_000)]
    public async Task Memory_that_is_in_use_at_the_end_is_not_reused(int size)
    {
        var memory = Writer.GetMemory(size);
        await _pair.Connection.DisposeAsync();

        AssertIsNotInThePool(memory);
        Assert.Throws<InvalidOperationException>(() => Writer.Advance(3));
        Assert.Throws<InvalidOperationException>(() => { _ = Writer.GetMemory(3); });
    }

    [Fact]
    public async Task Memory_that_was_too_small_may_still_be_written()
    {
        var small = Writer.GetMemory(100);
        Writer.GetSpan(50_000)[..3].Fill((byte)'x');
        Writer.Advance(3);
        await Writer.FlushAsync(TestEnd);
        AssertIsNotInThePool(small);
    }

    [Fact]
    public async Task A_second_flush_throws_and_the_first_flush_completes()
    {
        var (flush, written) = _pair.FillUntilBlocked(TestEnd);
        Assert.Throws<InvalidOperationException>(() => { _ = Writer.FlushAsync(TestEnd).AsTask(); });
        await _pair.ReceiveAsync(written);
        Assert.False((await flush.AsTask().WaitAsync(Patience.Limit, TestEnd)).IsCanceled);
    }

    [Fact]
    public async Task A_late_cancellation_does_not_reach_the_next_flush()
    {
        using var first = new CancellationTokenSource();
        var (flush, written) = _pair.FillUntilBlocked(first.Token);
        await _pair.ReceiveAsync(written);
        await flush;
        using var second = new CancellationTokenSource();
        (flush, written) = _pair.FillUntilBlocked(second.Token);
        Writer.Cancel(first.Token);
        await _pair.ReceiveAsync(written);
        Assert.False((await flush.AsTask().WaitAsync(Patience.Limit, TestEnd)).IsCanceled);
    }

    [Theory]
    [InlineData("cancel abort ready", true)]
    [InlineData("abort cancel ready", false)]
    [InlineData("complete dispose abort cancel", false)]
    public async Task A_flush_ends_once_with_concurrent_ends(string order, bool isCanceled)
    {
        var (flush, _) = _pair.FillUntilBlocked(TestEnd);
        var ends = 0;
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var awaiter = flush.GetAwaiter();
        awaiter.UnsafeOnCompleted(() =>
        {
            Interlocked.Increment(ref ends);
            ended.TrySetResult();
        });
        foreach (var step in order.Split(' '))
        {
            switch (step)
            {
                case "cancel":
                    Writer.CancelPendingFlush();
                    break;
                case "abort":
                    _pair.Connection.Abort(new Microsoft.AspNetCore.Connections.ConnectionAbortedException());
                    break;
                case "complete":
                    Writer.Complete();
                    break;
                case "dispose":
                    _ = _pair.Connection.DisposeAsync();
                    break;
                default:
                    Writer.Ready();
                    break;
            }
        }

        await ended.Task.SoonAsync();
        Assert.Equal(isCanceled, awaiter.GetResult().IsCanceled);
        var behind = new TaskCompletionSource();
        ThreadPool.UnsafeQueueUserWorkItem(static behind => behind.SetResult(), behind, preferLocal: false);
        await behind.Task.SoonAsync();
        Assert.Equal(1, ends);
    }

    [Fact]
    public async Task Disposal_waits_for_a_peer_that_does_not_read_until_an_abort()
    {
        var feature = _pair.Connection.Features.Get<IConnectionEndFeature>()!;
        var (flush, _) = _pair.FillUntilBlocked(TestEnd);
        var disposal = _pair.Connection.DisposeAsync().AsTask();
        Assert.False(disposal.IsCompleted);
        Assert.False(feature.IsDrained);

        _pair.Connection.Abort(new Microsoft.AspNetCore.Connections.ConnectionAbortedException());

        await disposal.SoonAsync();
        Assert.True(feature.IsDrained);
        Assert.True((await flush.AsTask().WaitAsync(Patience.Limit, TestEnd)).IsCompleted);
        Assert.Equal(-1, _pair.Connection.Send("late"u8.ToArray()));
    }

    [Fact]
    public async Task Completing_the_output_ends_one_direction_only()
    {
        var (_, written) = _pair.FillUntilBlocked(TestEnd);
        await Writer.CompleteAsync();

        // The FIN follows all written data.
        await _pair.ReceiveAsync(written);
        Assert.Equal(0, await _pair.Client.ReceiveAsync(new byte[1], TestEnd).AsTask().WaitAsync(Patience.Limit, TestEnd));
        await _pair.Client.SendAsync("late"u8.ToArray(), TestEnd);
        await _pair.ArrivedAsync(4);
        _pair.Connection.Ready(LibC.EPOLLIN);
        Assert.Equal(4, (await _pair.Reader.ReadAsync(TestEnd)).Buffer.Length);
    }

    private void AssertIsNotInThePool(ReadOnlyMemory<byte> memory)
    {
        Assert.True(MemoryMarshal.TryGetArray(memory, out var array));
        for (var i = 0; i < 1000; i++)
        {
            Assert.NotSame(array.Array, (i % 2 == 0 ? _pool.RentLarge() : _pool.RentSmall()).Array);
        }
    }
}
