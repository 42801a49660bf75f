using System.Text;

namespace UpgradeProtocols.Tests.Backplane;

/// <summary>The form of messages between nodes: fields with lengths of every size, and broken ones.</summary>
public class NodeMessageTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(127, 1)]
    [InlineData(128, 2)]
    [InlineData(16_383, 2)]
    [InlineData(16_384, 3)]
    public void The_length_before_the_bytes_is_as_short_as_possible(int length, int lengthBytes)
    {
        var output = MessageWriter.Rent();
        NodeMessage.WriteField(output, 7, new byte[length]);
        var bytes = output.Written.ToArray();
        output.Return();

        Assert.Equal(1 + lengthBytes + length, bytes.Length);
        var fields = new FieldReader(bytes);
        Assert.True(fields.TryRead(out var tag, out var value));
        Assert.Equal((7, length), (tag, value.Length));
        Assert.False(fields.TryRead(out _, out _));
        Assert.False(fields.IsBroken);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(20_000)]
    public void A_field_whose_length_is_written_later_reads_the_same(int length)
    {
        var output = MessageWriter.Rent();
        NodeMessage.WriteField(output, 7, new string('x', length));
        NodeMessage.WriteField(output, 8, -5L);
        var bytes = output.Written.ToArray();
        output.Return();

        var fields = new FieldReader(bytes);
        Assert.True(fields.TryRead(out var tag, out var value));
        Assert.Equal((7, new string('x', length)), (tag, Encoding.UTF8.GetString(value)));
        Assert.True(fields.TryRead(out tag, out value));
        Assert.Equal((8, -5L), (tag, NodeMessage.Number(value)));
        Assert.True(fields.Rest.IsEmpty);
    }

    [Theory]
    [InlineData("07")]
    [InlineData("0702AA")]
    [InlineData("0780")]
    [InlineData("07FFFFFFFFFFFF00")]
    public void A_field_that_ends_early_is_broken(string hex)
    {
        var fields = new FieldReader(Convert.FromHexString(hex));
        Assert.False(fields.TryRead(out _, out var value));
        Assert.True(value.IsEmpty);
        Assert.True(fields.IsBroken);
    }

    // LEB128 allows leading zeros in a length. The fifth byte is the last one.
    [Fact]
    public void A_length_has_up_to_five_bytes()
    {
        var fields = new FieldReader(Convert.FromHexString("078180808000AA"));
        Assert.True(fields.TryRead(out _, out var value));
        Assert.Equal([0xAA], value.ToArray());
        fields = new FieldReader(Convert.FromHexString("07818080808000AA"));
        Assert.False(fields.TryRead(out _, out _));
    }

    [Fact]
    public void A_number_of_another_size_is_zero() =>
        Assert.Equal((0, 0, 1), (NodeMessage.Number(new byte[7]), NodeMessage.Number(new byte[9]), NodeMessage.Number([1, 0, 0, 0, 0, 0, 0, 0])));

    [Fact]
    public void The_header_has_the_version_the_kind_and_the_node()
    {
        var output = MessageWriter.Rent();
        NodeMessage.Start(output, NodeMessageKind.Goodbye, new NodeId(5));
        var bytes = output.Written.ToArray();
        output.Return();

        Assert.Equal(NodeMessage.HeaderSize, bytes.Length);
        Assert.True(NodeMessage.TryRead(bytes, out var kind, out var node, out var fields));
        Assert.Equal((NodeMessageKind.Goodbye, new NodeId(5)), (kind, node));
        Assert.True(fields.Rest.IsEmpty);
        Assert.False(NodeMessage.TryRead(bytes.AsSpan(1), out _, out _, out _));
        Assert.False(NodeMessage.TryRead(bytes.AsSpan(0, bytes.Length - 1), out _, out _, out _));
        bytes[0]++;
        Assert.False(NodeMessage.TryRead(bytes, out _, out _, out _));
    }
}
