using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg206Tests
{
    private const string Codecs = """

        public class TextCodec : IPayloadCodec
        {
            public PayloadSerializer<T> GetSerializer<T>() => null!;
            public void WriteObject(System.Buffers.IBufferWriter<byte> output, object value) { }
        }

        [PayloadCodec(MessageKind.Binary)] public class BinaryCodec : TextCodec;
        [PayloadCodec(MessageKind.Text)] public struct StructCodec : IPayloadCodec
        {
            public PayloadSerializer<T> GetSerializer<T>() => null!;
            public void WriteObject(System.Buffers.IBufferWriter<byte> output, object value) { }
        }

        public abstract class AbstractCodec : TextCodec;
        public class OpenCodec<T> : TextCodec;
        public class NeedyCodec(int size) : TextCodec { public int Size => size; }
        public class HiddenCodec : TextCodec { internal HiddenCodec() { } }
        public class DemandingCodec : TextCodec { public required int Size { get; init; } }
        public class Outer { protected class InnerCodec : TextCodec; }
        """;

    [Fact]
    public Task A_type_that_is_not_a_codec_is_reported_at_Codec() => Verify.VerifyAsync(
        "[UpgradeProtocol(\"a\", Codec = {|#0:typeof(string)|})] class Handler { [Message(\"a\")] public void M() { } }",
        Verify.At(0, "UPG206", "The codec 'string' of 'a' can't be used by generated code: use an internal or public type that implements IPayloadCodec and has a public parameterless constructor"));

    [Theory]
    [InlineData("Codec = {|UPG206:typeof(AbstractCodec)|}")]
    [InlineData("Codec = {|UPG206:typeof(OpenCodec<>)|}")]
    [InlineData("Codec = {|UPG206:typeof(NeedyCodec)|}")]
    [InlineData("Codec = {|UPG206:typeof(HiddenCodec)|}")]
    [InlineData("Codec = {|UPG206:typeof(DemandingCodec)|}")]
    [InlineData("Codec = {|UPG206:typeof(IPayloadCodec)|}")]
    [InlineData("Codec = {|UPG206:typeof(TextCodec[])|}")]
    [InlineData("Codec = {|UPG206:typeof(JsonPayloadCodec)|}")]
    [InlineData("Codec = {|UPG206:typeof(BinaryCodec)|}")]
    [InlineData("Codec = {|UPG206:typeof(BinaryCodec)|}, Format = typeof(JsonMessageFormat)")]
    [InlineData("Codec = {|UPG206:typeof(BinaryCodec)|}, Format = typeof(FlatJsonMessageFormat)")]
    public Task A_codec_that_cannot_be_used_is_reported(string arguments) => Verify.VerifyAsync(
        "[UpgradeProtocol(\"a\", " + arguments + ")] class Handler { [Message(\"a\")] public void M(int x) { } }" + Codecs);

    [Theory]
    [InlineData("Codec = typeof(TextCodec)")]
    [InlineData("Codec = typeof(StructCodec)")]
    [InlineData("Codec = typeof(OpenCodec<int>)")]
    [InlineData("Codec = typeof(ReflectionJsonCodec)")]
    [InlineData("Codec = null")]
    public Task A_text_codec_can_be_used_in_a_text_envelope(string arguments) => Verify.VerifyAsync(
        "[UpgradeProtocol(\"a\", " + arguments + ")] class Handler { [Message(\"a\")] public void M(int x) { } }" + Codecs);

    [Theory]
    [InlineData("Codec = typeof(BinaryCodec)")]
    [InlineData("Codec = typeof(BinaryCodec), Format = typeof(RawMessageFormat)")]
    public Task A_binary_codec_can_be_used_without_an_envelope(string arguments) => Verify.VerifyAsync(
        "[UpgradeProtocol(\"a\", " + arguments + ")] class Handler { [Message] public void M(int x) { } [Message] public void Text(string x) { } }" + Codecs);

    // Both methods take binary frames.
    [Fact]
    public Task Bytes_beside_a_payload_of_a_binary_codec_are_reported() => Verify.VerifyAsync(
        "[UpgradeProtocol(\"a\", Codec = typeof(BinaryCodec))] class Handler { [Message] public void M(int x) { } [Message] public void {|UPG103:N|}(byte[] x) { } }"
        + Codecs);

    [Fact]
    public Task A_codec_beside_a_context_is_reported() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("a", Codec = {|#0:typeof(TextCodec)|}, JsonContext = typeof(Json))] class Handler { [Message("a")] public void M(int x) { } }
        class Json(System.Text.Json.JsonSerializerOptions options) : JsonSerializerContext(options)
        {
            public static Json Default => null!;
            protected override System.Text.Json.JsonSerializerOptions? GeneratedSerializerOptions => null;
            public override System.Text.Json.Serialization.Metadata.JsonTypeInfo? GetTypeInfo(Type type) => null;
        }
        """ + Codecs,
        Verify.At(0, "UPG206", "The codec 'TextCodec' of 'a' is set in addition to a JsonContext, but only one of them can write payloads: remove one"));

    [Theory]
    [InlineData("Codec = typeof(Missing)")]
    [InlineData("Codec = 5")]
    [InlineData("Codec = ")]
    public Task Unfinished_attributes_throw_nothing(string arguments) => Verify.VerifyIncompleteAsync(
        "[UpgradeProtocol(\"a\", " + arguments + ")] class Handler { [Message(\"a\")] public void M() { } }");
}
