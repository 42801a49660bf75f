using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using UpgradeProtocols.Transport.Epoll;

namespace UpgradeProtocols.Tests.Transport;

/// <summary>A segment of the epoll transport returns to its pool as soon as no caller uses it.</summary>
public sealed class SegmentReturnTests : IAsyncLifetime
{
    private readonly SegmentPool _pool = new();
    private EpollPair _pair = null!;

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _pair = await EpollPair.CreateAsync(_pool);

    public ValueTask DisposeAsync() => _pair.DisposeAsync();

    [Fact]
    public async Task A_consumed_segment_returns()
    {
        var read = await ReadAsync(3);
        _pair.Reader.AdvanceTo(read.End);
        AssertPooled(read.Start);
    }

    [Fact]
    public async Task A_segment_with_unconsumed_bytes_does_not_return()
    {
        var read = await ReadAsync(5000);
        _pair.Reader.AdvanceTo(read.GetPosition(10));
        Assert.NotSame(read.Start.GetObject(), _pool.RentLarge());
    }

    [Fact]
    public async Task A_small_rest_moves_to_a_small_segment()
    {
        var read = await ReadAsync(5000);
        _pair.Reader.AdvanceTo(read.GetPosition(5000 - (SegmentPool.SmallSize / 2)));
        AssertPooled(read.Start);
        Assert.True(_pair.Reader.TryRead(out var rest));
        Assert.Equal(SegmentPool.SmallSize / 2, rest.Buffer.Length);
        Assert.Equal(SegmentPool.SmallSize, ((Segment)rest.Buffer.Start.GetObject()!).Array.Length);
        _pair.Reader.AdvanceTo(rest.Buffer.End);
        Assert.Same(rest.Buffer.Start.GetObject(), _pool.RentSmall());
    }

    [Fact]
    public async Task A_rest_of_one_byte_more_stays_where_it_is()
    {
        var read = await ReadAsync(5000);
        _pair.Reader.AdvanceTo(read.GetPosition(5000 - (SegmentPool.SmallSize / 2) - 1));
        Assert.True(_pair.Reader.TryRead(out var rest));
        Assert.Same(read.Start.GetObject(), rest.Buffer.Start.GetObject());
        _pair.Reader.AdvanceTo(rest.Buffer.End);
        AssertPooled(read.Start);
    }

    [Fact]
    public async Task The_segments_before_the_consumed_position_return()
    {
        var sending = _pair.Client.SendAsync(new byte[SegmentPool.LargeSize + 5000], TestEnd).AsTask();
        ReadOnlySequence<byte> read;
        do
        {
            read = (await ReadMoreAsync()).Buffer;
            _pair.Reader.AdvanceTo(read.Start, read.End);
        }
        while (read.Length < SegmentPool.LargeSize + 5000);

        await sending;
        Assert.True(_pair.Reader.TryRead(out var all) || (all = await ReadAgainAsync()).Buffer.Length > 0);
        Assert.False(all.Buffer.IsSingleSegment);
        _pair.Reader.AdvanceTo(all.Buffer.GetPosition(SegmentPool.LargeSize + 1));
        AssertPooled(all.Buffer.Start);
    }

    [Fact]
    public async Task Completing_the_reader_returns_unconsumed_bytes()
    {
        var read = await ReadAsync(5000);
        _pair.Reader.AdvanceTo(read.Start, read.End);
        await _pair.Reader.CompleteAsync();
        AssertPooled(read.Start);
    }

    [Fact]
    public async Task Completing_the_reader_leaves_lent_bytes_to_the_application()
    {
        var read = await ReadAsync(5000);
        await _pair.Reader.CompleteAsync();
        Assert.NotSame(read.Start.GetObject(), _pool.RentLarge());
        _pair.Reader.AdvanceTo(read.End);
        Assert.NotSame(read.Start.GetObject(), _pool.RentLarge());
    }

    [Fact]
    public void A_socket_without_bytes_holds_no_segment()
    {
        var probe = _pool.RentLarge();
        _pool.Return(probe);
        _pair.Connection.Ready(LibC.EPOLLIN);
        Assert.False(_pair.Reader.TryRead(out _));
        Assert.Same(probe, _pool.RentLarge());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_flushed_segment_returns_without_a_copy(bool isAborted)
    {
        var array = Write(5000);
        if (isAborted)
        {
            _pair.Connection.Abort(new ConnectionAbortedException());
        }

        Assert.Equal(isAborted, (await _pair.Writer.FlushAsync(TestEnd)).IsCompleted);
        Assert.Same(array, _pool.RentLarge().Array);
    }

    [Fact]
    public async Task A_segment_that_waits_for_the_peer_returns_when_it_was_sent()
    {
        var (flush, written) = _pair.FillUntilBlocked(TestEnd);
        var pooled = _pool.RentLarge().Array;
        await _pair.ReceiveAsync(written);
        await flush;
        Assert.NotSame(pooled, _pool.RentLarge().Array);
        var array = Write(5000);
        await _pair.Writer.FlushAsync(TestEnd);
        List<byte[]> returned = [.. Enumerable.Range(0, 300).Select(_ => _pool.RentLarge().Array)];
        Assert.Contains(returned, other => ReferenceEquals(other, array));
    }

    // Another thread may still write into the memory that it has requested.
    [Fact]
    public async Task Memory_that_was_requested_twice_does_not_return()
    {
        Assert.True(MemoryMarshal.TryGetArray<byte>(_pair.Writer.GetMemory(5000), out var first));
        Assert.True(MemoryMarshal.TryGetArray<byte>(_pair.Writer.GetMemory(SegmentPool.LargeSize + 1), out _));
        _pair.Writer.Advance(1);
        await _pair.Writer.FlushAsync(TestEnd);
        await _pair.Writer.CompleteAsync();
        List<byte[]> returned = [.. Enumerable.Range(0, 10).Select(_ => _pool.RentLarge().Array)];
        Assert.DoesNotContain(returned, array => ReferenceEquals(array, first.Array));
    }

    private byte[] Write(int count)
    {
        Assert.True(MemoryMarshal.TryGetArray<byte>(_pair.Writer.GetMemory(count), out var memory));
        _pair.Writer.Advance(count);
        return memory.Array!;
    }

    private void AssertPooled(SequencePosition position) => Assert.Same(position.GetObject(), _pool.RentLarge());

    private async Task<ReadOnlySequence<byte>> ReadAsync(int count)
    {
        await _pair.Client.SendAsync(new byte[count], TestEnd);
        await _pair.ArrivedAsync(count);
        _pair.Connection.Ready(LibC.EPOLLIN);
        return (await _pair.Reader.ReadAsync(TestEnd)).Buffer;
    }

    private async Task<System.IO.Pipelines.ReadResult> ReadMoreAsync()
    {
        var read = _pair.Reader.ReadAsync(TestEnd).AsTask();
        await Eventually.TrueAsync(
            () =>
            {
                _pair.Connection.Ready(LibC.EPOLLIN);
                return read.IsCompleted;
            },
            "bytes have arrived");
        return await read;
    }

    private async Task<System.IO.Pipelines.ReadResult> ReadAgainAsync()
    {
        _pair.Reader.CancelPendingRead();
        return await _pair.Reader.ReadAsync(TestEnd);
    }
}
