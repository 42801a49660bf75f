using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg116Tests
{
    private const string Members = """
            public readonly MessageKind Kind => MessageKind.Binary;
            public readonly bool TryRead(ReadOnlySpan<byte> message, ref MessageEnvelope envelope) => false;
            public readonly void WriteStart(MessageWriter output, in MessageHeader header) { }
            public readonly void WriteNoPayload(MessageWriter output) { }
            public readonly void WriteEnd(MessageWriter output, in MessageHeader header) { }
            public readonly bool WriteError(MessageWriter output, ReadOnlySpan<byte> id, in MessageError failure) => false;
        }

        """;

    private const string TagFormat = """
        [MessageFormat(MessageFormatFeatures.Tags, MinTag = 1, MaxTag = 100)]
        struct TagFormat : IMessageFormat
        {

        """ + Members;

    private const string RequestFormat = """
        [MessageFormat(MessageFormatFeatures.Names | MessageFormatFeatures.Replies | MessageFormatFeatures.ServerRequests | MessageFormatFeatures.RequestsOnly)]
        struct RequestFormat : IMessageFormat
        {

        """ + Members;

    [Fact]
    public Task A_reply_in_a_format_without_replies_is_reported() => Verify.VerifyAsync(
        TagFormat + """
        [UpgradeProtocol("a", Format = typeof(TagFormat))]
        class Handler
        {
            [Message(1)] public int {|#0:M|}() => 1;
        }
        """,
        Verify.At(0, "UPG116", "'Handler.M' returns a reply, which TagFormat can't carry: return nothing, use another Format, or restrict the message with Versions"));

    [Theory]
    [InlineData("Format = typeof(TagFormat)", "[Message(1)] public IAsyncEnumerable<int> {|UPG116:M|}() => null!;")]
    [InlineData("Format = typeof(RawMessageFormat)", "[Message] public IAsyncEnumerable<byte[]> {|UPG116:M|}() => null!;")]
    [InlineData("Format = typeof(JsonRpcMessageFormat)", "[Message(\"a\")] public IAsyncEnumerable<int> {|UPG116:M|}() => null!;")]
    [InlineData("Format = typeof(ByteTagMessageFormat)", "[Message(1)] public IAsyncEnumerable<int> {|UPG116:M|}() => null!;")]
    [InlineData("Format = {|UPG116:typeof(string)|}", "[Message] public void M() { }")]
    [InlineData("Format = typeof(JsonMessageFormat), Discriminator = {|UPG116:\"t\"|}", "[Message(\"a\")] public void M() { }")]
    public Task A_feature_that_the_format_lacks_is_reported(string options, string method) => Verify.VerifyAsync(
        TagFormat + $$"""
        [UpgradeProtocol("a", {{options}})]
        class Handler
        {
            {{method}}
        }
        """);

    [Theory]
    [InlineData("Format = typeof(TagFormat)", "[Message(1)] public void M() { }")]
    [InlineData("Format = typeof(TagFormat)", "[Message(1)] public Task M() => Task.CompletedTask;")]
    [InlineData("Format = typeof(TagFormat)", "[Message(1)] public ValueTask<SendResult> M() => default;")]
    [InlineData("Format = typeof(RawMessageFormat)", "[Message] public byte[] M(byte[] x) => x;")]
    [InlineData("Format = typeof(JsonMessageFormat)", "[Message(\"a\")] public IAsyncEnumerable<int> M() => null!;")]
    [InlineData("Discriminator = \"t\"", "[Message(\"a\")] public int M() => 1;")]
    [InlineData("Format = typeof(JsonRpcMessageFormat)", "[Message(\"a\")] public int M() => 1;")]
    [InlineData("Format = typeof(ByteTagMessageFormat)", "[Message(1)] public int M() => 1;")]
    public Task A_feature_that_the_format_has_is_left_alone(string options, string method) => Verify.VerifyAsync(
        TagFormat + $$"""
        [UpgradeProtocol("a", {{options}})]
        class Handler
        {
            {{method}}
        }
        """);

    [Theory]
    [InlineData("ByteTagMessageFormat", "[Message(1)] ValueTask<int> AskAsync();")]
    [InlineData("ByteTagMessageFormat", "[Message(\"a\")] ValueTask SayAsync();")]
    [InlineData("ByteTagMessageFormat", "[Message(256)] ValueTask SayAsync();")]
    [InlineData("JsonRpcMessageFormat", "[Message(1)] ValueTask SayAsync();")]
    [InlineData("RawMessageFormat", "[Message] ValueTask<int> AskAsync();")]
    [InlineData("RequestFormat", "[Message(\"a\")] ValueTask SayAsync();")]
    [InlineData("RequestFormat", "[Message(\"a\")] ValueTask<SendResult> SayAsync();")]
    public Task A_contract_that_sends_more_than_the_format_supports_is_reported_at_Client(string format, string method) => Verify.VerifyAsync(
        RequestFormat + $$"""
        [ClientContract]
        interface IEvents { {{method}} }

        [UpgradeProtocol("a", Format = typeof({{format}}), Client = {|UPG116:typeof(IEvents)|})]
        class Handler
        {
            [OnConnected] public void Connected() { }
        }
        """);

    [Theory]
    [InlineData("ByteTagMessageFormat", "[Message(255)] ValueTask SayAsync(); [Message(\"x\", Versions = [\"b\"])] ValueTask<int> AskAsync();")]
    [InlineData("JsonRpcMessageFormat", "[Message(\"a\")] ValueTask<int> AskAsync(int x);")]
    [InlineData("RawMessageFormat", "[Message] ValueTask SayAsync(string text);")]
    [InlineData("RequestFormat", "[Message(\"a\")] ValueTask<int> AskAsync(); [Message(\"b\", Versions = [\"b\"])] ValueTask SayAsync();")]
    public Task A_contract_that_the_format_supports_is_left_alone(string format, string method) => Verify.VerifyAsync(
        RequestFormat + $$"""
        [ClientContract]
        interface IEvents { {{method}} }

        [UpgradeProtocol("a", Format = typeof({{format}}), Client = typeof(IEvents))]
        class Handler
        {
            [OnConnected] public void Connected() { }
        }
        """);

    [Fact]
    public Task A_version_with_another_format_is_left_alone() => Verify.VerifyAsync(
        TagFormat + """
        [UpgradeProtocol("json")]
        [UpgradeProtocol("tags", Format = typeof(TagFormat))]
        class Handler
        {
            [Message("a", Versions = ["json"])] public int M() => 1;
            [Message(1, Versions = ["tags"])] public void T() { }
        }
        """);

    [Theory]
    [InlineData("Format = typeof(Missing)")]
    [InlineData("Format = typeof()")]
    [InlineData("Format = ")]
    public Task An_unfinished_format_is_left_alone(string options) => Verify.VerifyIncompleteAsync(
        $$"""
        [UpgradeProtocol("a", {{options}})]
        class Handler
        {
            [Message("a")] public IAsyncEnumerable<int> M() => null!;
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
                [Message("a")] public IAsyncEnumerable<int> M() => null!;
            }
        }
        """);
}
