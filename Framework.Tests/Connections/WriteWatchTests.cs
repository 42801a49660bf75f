using System.IO.Pipelines;

namespace UpgradeProtocols.Tests.Connections;

/// <summary>The time limit of a flush, exactly, and the flushes of a protocol that writes its pipe itself.</summary>
public class WriteWatchTests
{
    private const int Mebibyte = 1024 * 1024;

    [Theory]
    [InlineData(0, 1000)]
    [InlineData(1, 1000)]
    [InlineData(Mebibyte, 1000)]
    [InlineData(Mebibyte + 1, 2000)]
    [InlineData(2 * Mebibyte, 2000)]
    [InlineData(2 * Mebibyte + 1, 3000)]
    public void Each_begun_mebibyte_has_the_timeout(long size, long limit) =>
        Assert.Equal(limit, WriteWatch.Limit(TimeSpan.FromSeconds(1), size));

    [Fact]
    public void Without_a_timeout_there_is_no_limit() => Assert.Equal(long.MaxValue, WriteWatch.Limit(Timeout.InfiniteTimeSpan, 1));

    [Fact]
    public void A_flush_is_over_exactly_at_its_limit()
    {
        var watch = new WriteWatch();
        Assert.False(watch.IsOver(1, now: 5000, limit: 1000));
        Assert.False(watch.IsOver(1, now: 5999, limit: 1000));
        Assert.True(watch.IsOver(1, now: 6000, limit: 1000));
    }

    [Fact]
    public void Each_flush_has_the_whole_time()
    {
        var watch = new WriteWatch();
        watch.IsOver(1, now: 0, limit: 1000);
        Assert.False(watch.IsOver(2, now: 999, limit: 1000));
        Assert.False(watch.IsOver(2, now: 1998, limit: 1000));
        Assert.False(watch.IsOver(0, now: 1999, limit: 1000));
        Assert.False(watch.IsOver(0, now: 9000, limit: 1000));
        Assert.False(watch.IsOver(2, now: 9999, limit: 1000));
        Assert.True(watch.IsOver(2, now: 10999, limit: 1000));
    }

    [Fact]
    public void A_time_in_which_nothing_could_be_sent_does_not_count()
    {
        var watch = new WriteWatch();
        watch.IsOver(1, now: 0, limit: 1000);
        watch.PutOff(500);
        Assert.False(watch.IsOver(1, now: 1499, limit: 1000));
        Assert.True(watch.IsOver(1, now: 1500, limit: 1000));
    }

    [Fact]
    public async Task A_pipes_flush_has_a_number_and_a_size_while_it_is_in_progress()
    {
        var pipe = new Pipe(new PipeOptions(
            pauseWriterThreshold: 100, resumeWriterThreshold: 50, readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline));
        var watched = new WatchedPipeWriter(pipe.Writer);
        Assert.True(watched.CanGetUnflushedBytes);
        await watched.WriteAsync(new byte[10], TestContext.Current.CancellationToken);
        Assert.Equal((0, 0), (watched.FlushUnderWay, watched.FlushSize));

        var written = watched.WriteAsync(new byte[90], TestContext.Current.CancellationToken).AsTask();
        Assert.False(written.IsCompleted);
        var first = watched.FlushUnderWay;
        Assert.True(first > 0);
        Assert.Equal(90, watched.FlushSize);
        pipe.Reader.AdvanceTo((await pipe.Reader.ReadAsync(TestContext.Current.CancellationToken)).Buffer.End);
        await written;
        Assert.Equal(0, watched.FlushUnderWay);

        watched.GetMemory(200);
        watched.Advance(120);
        Assert.Equal(120, watched.UnflushedBytes);
        var flush = watched.FlushAsync(TestContext.Current.CancellationToken).AsTask();
        Assert.Equal(120, watched.FlushSize);
        Assert.NotEqual(first, watched.FlushUnderWay);
        watched.CancelPendingFlush();
        Assert.True((await flush).IsCanceled);
        Assert.Equal(0, watched.FlushUnderWay);

        watched.Complete();
        pipe.Reader.AdvanceTo((await pipe.Reader.ReadAsync(TestContext.Current.CancellationToken)).Buffer.End);
        Assert.True((await pipe.Reader.ReadAsync(TestContext.Current.CancellationToken)).IsCompleted);
    }
}
