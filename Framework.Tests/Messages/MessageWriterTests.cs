using System.Buffers;
using System.Text;
using CsCheck;

namespace UpgradeProtocols.Tests.Messages;

public class MessageWriterTests
{
    [Fact]
    public void Bytes_are_written_inserted_changed_and_truncated()
    {
        var writer = MessageWriter.Rent();
        writer.Write("head"u8);
        writer.MarkPayload();
        writer.WriteByte((byte)'x');
        writer.Insert(writer.PayloadStart, ", "u8);
        writer.WrittenFrom(0)[0] = (byte)'H';
        Assert.Equal(("Head, x", 7, 4), (Text(writer), writer.Length, writer.PayloadStart));

        writer.Truncate(4);
        Assert.Equal("Head", Text(writer));
        writer.Clear();
        Assert.Equal("", Text(writer));
        writer.Return();
    }

    [Fact]
    public void The_writer_grows_with_its_content() =>
        Gen.Byte.Array[0, 3000].Array[0, 20].Sample(parts =>
        {
            var writer = MessageWriter.Rent();
            foreach (var part in parts)
            {
                if (part.Length % 2 == 0)
                {
                    writer.Write(part);
                }
                else
                {
                    part.CopyTo(writer.GetSpan(part.Length));
                    writer.Advance(part.Length);
                }
            }

            Assert.Equal(parts.SelectMany(part => part), writer.Written.ToArray());
            writer.Return();
        });

    [Fact]
    public void A_thread_gets_its_writer_back_empty()
    {
        var writer = MessageWriter.Rent();
        writer.Write("old"u8);
        writer.MarkPayload();
        writer.Return();

        var again = MessageWriter.Rent();

        Assert.Same(writer, again);
        Assert.Equal((0, 0), (again.Length, again.PayloadStart));
        Assert.NotSame(again, MessageWriter.Rent());
        again.Return();
    }

    [Fact]
    public void A_huge_buffer_is_not_kept()
    {
        var writer = MessageWriter.Rent();
        writer.Write(new byte[1 << 20]);
        writer.Return();

        Assert.InRange(MessageWriter.Rent().GetSpan().Length, 1, 64 * 1024);
    }

    [Fact]
    public void The_writer_refuses_positions_outside_its_content()
    {
        var writer = MessageWriter.Rent();
        writer.Write("abc"u8);

        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Truncate(4));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Truncate(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Insert(4, "x"u8));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Advance(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Advance(1 << 20));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.WrittenFrom(4).Length);
        Assert.Equal("abc", Text(writer));
        writer.Return();
    }

    private static string Text(MessageWriter writer) => Encoding.UTF8.GetString(writer.Written);
}
