using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg110Tests
{
    private const string TagFormat = """
        [MessageFormat(MessageFormatFeatures.Tags, MinTag = 1, MaxTag = 100)]
        struct TagFormat : IMessageFormat
        {
            public readonly MessageKind Kind => MessageKind.Binary;
            public readonly bool TryRead(ReadOnlySpan<byte> message, ref MessageEnvelope envelope) => false;
            public readonly void WriteStart(MessageWriter output, in MessageHeader header) { }
            public readonly void WriteNoPayload(MessageWriter output) { }
            public readonly void WriteEnd(MessageWriter output, in MessageHeader header) { }
            public readonly bool WriteError(MessageWriter output, ReadOnlySpan<byte> id, in MessageError failure) => false;
        }

        """;

    [Fact]
    public Task A_tag_out_of_the_formats_range_is_reported_at_the_tag() => Verify.VerifyAsync(
        TagFormat + """
        [UpgradeProtocol("a", Format = typeof(TagFormat))]
        class Handler
        {
            [Message({|#0:101|})] public void M() { }
        }
        """,
        Verify.At(0, "UPG110", "The message 101 is outside the range of TagFormat: use a tag from 1 to 100"));

    [Theory]
    [InlineData("TagFormat", "Message({|UPG110:0|})")]
    [InlineData("TagFormat", "Message({|UPG110:-1|})")]
    [InlineData("TagFormat", "Message({|UPG110:\"a\"|})")]
    [InlineData("JsonMessageFormat", "Message({|UPG110:7|})")]
    [InlineData("JsonMessageFormat", "Message({|UPG110:\"\"|})")]
    [InlineData("JsonMessageFormat", "Message({|UPG110:\"reply\"|})")]
    [InlineData("JsonMessageFormat", "Message({|UPG110:\"\\ud800\"|})")]
    [InlineData("RawMessageFormat", "Message({|UPG110:7|})")]
    [InlineData("RawMessageFormat", "Message({|UPG110:\"a\"|})")]
    public Task A_key_of_another_format_is_reported(string format, string attribute) => Verify.VerifyAsync(
        TagFormat + $$"""
        [UpgradeProtocol("a", Format = typeof({{format}}))]
        class Handler
        {
            [{{attribute}}] public void M() { }
        }
        """);

    [Theory]
    [InlineData("TagFormat", "Message(1)")]
    [InlineData("TagFormat", "Message(100)")]
    [InlineData("TagFormat", "AnyMessage")]
    [InlineData("JsonMessageFormat", "Message(\"a\")")]
    [InlineData("JsonMessageFormat", "Message(\"Reply\")")]
    [InlineData("JsonMessageFormat", "Message(\"\\ud83d\\ude00\")")]
    [InlineData("JsonMessageFormat", "AnyMessage")]
    [InlineData("RawMessageFormat", "Message")]
    public Task A_key_of_the_format_is_left_alone(string format, string attribute) => Verify.VerifyAsync(
        TagFormat + $$"""
        [UpgradeProtocol("a", Format = typeof({{format}}))]
        class Handler
        {
            [{{attribute}}] public void M() { }
        }
        """);

    [Theory]
    [InlineData("ByteTagMessageFormat", "Message(255, ReplyTag = {|UPG110:256|})", "int M() => 1")]
    [InlineData("ByteTagMessageFormat", "Message({|UPG110:256|})", "void M() { }")]
    [InlineData("ByteTagMessageFormat", "Message({|UPG110:\"a\"|})", "void M() { }")]
    [InlineData("JsonMessageFormat", "Message(\"a\", ReplyTag = {|UPG110:2|})", "int M() => 1")]
    [InlineData("JsonRpcMessageFormat", "Message({|UPG110:\"rpc.a\"|})", "void M() { }")]
    [InlineData("JsonRpcMessageFormat", "Message({|UPG110:1|})", "void M() { }")]
    public Task A_reply_tag_or_name_that_the_format_does_not_have_is_reported(string format, string attribute, string method) => Verify.VerifyAsync(
        $$"""
        [UpgradeProtocol("a", Format = typeof({{format}}))]
        class Handler
        {
            [{{attribute}}] public {{method}}{{(method.EndsWith('}') ? "" : ";")}}
        }
        """);

    [Theory]
    [InlineData("ByteTagMessageFormat", "Message(0, ReplyTag = 255)", "Task<int> M() => Task.FromResult(1)")]
    [InlineData("ByteTagMessageFormat", "Message(255)", "int M() => 1")]
    [InlineData("ByteTagMessageFormat", "Message(1, ReplyTag = -1)", "void M() { }")]
    [InlineData("ByteTagMessageFormat", "Message(1, ReplyTag = 2)", "void M() { }")]
    [InlineData("ByteTagMessageFormat", "Message(1, ReplyTag = 2)", "Task M() => Task.CompletedTask")]
    [InlineData("JsonRpcMessageFormat", "Message(\"rpc\")", "void M() { }")]
    [InlineData("JsonRpcMessageFormat", "Message(\"reply\")", "int M() => 1")]
    [InlineData("JsonMessageFormat", "Message(\"rpc.a\")", "void M() { }")]
    public Task A_reply_tag_or_name_of_the_format_is_left_alone(string format, string attribute, string method) => Verify.VerifyAsync(
        $$"""
        [UpgradeProtocol("a", Format = typeof({{format}}))]
        class Handler
        {
            [{{attribute}}] public {{method}}{{(method.EndsWith('}') ? "" : ";")}}
        }
        """);

    [Fact]
    public Task An_attribute_of_another_namespace_is_left_alone() => Verify.VerifyAsync(
        """
        namespace Other
        {
            class MessageAttribute(string name) : Attribute
            {
                public string Name => name;
                public string[]? Versions { get; set; }
            }

            [UpgradeProtocol("a")]
            class Handler
            {
                [OnConnected] public void Connected() { }
                [Message("")] public void M() { }
            }
        }
        """);

    [Theory]
    [InlineData("[Message(Missing)] public void M() { }")]
    [InlineData("[Message(1, 2)] public void M() { }")]
    [InlineData("[Message(\")] public void M() { }")]
    [InlineData("[Message((int)Missing.X)] public void M() { }")]
    public Task An_unfinished_key_is_left_alone(string method) => Verify.VerifyIncompleteAsync(
        $$"""
        [UpgradeProtocol("a")]
        class Handler
        {
            {{method}}
        }
        """);
}
