using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

/// <summary>Declarations that compile but have no effect, or another effect than expected: each has a diagnostic.</summary>
public class SilenceTests
{
    [Theory]
    [InlineData("[UpgradeProtocol({|UPG001:null!|})]", "[Message(\"a\")] public void M() { }")]
    [InlineData("[UpgradeProtocol(name: {|UPG001:null!|}, Path = \"/a\")]", "[Message(\"a\")] public void M() { }")]
    [InlineData("[UpgradeProtocol(\"a\")]", "[Message({|UPG110:null!|})] public void M() { }")]
    [InlineData("[UpgradeProtocol(\"a\", Format = typeof(RawMessageFormat))]", "[Message({|UPG110:null!|})] public void M() { }")]
    [InlineData("[UpgradeProtocol(\"a\", SlowConsumer = {|UPG005:(SlowConsumerPolicy)7|})]", "[Message(\"a\")] public void M() { }")]
    [InlineData("[UpgradeProtocol(\"a\", SlowConsumer = {|UPG005:(SlowConsumerPolicy)(-1)|})]", "[Message(\"a\")] public void M() { }")]
    [InlineData("[UpgradeProtocol(\"a\", SubprotocolMismatch = {|UPG005:(SubprotocolMismatch)2|})]", "[Message(\"a\")] public void M() { }")]
    [InlineData("[UpgradeProtocol(\"a\", Format = typeof(ByteTagMessageFormat))]", "[Message(1, ReplyTag = {|UPG110:-5|})] public int M() => 1;")]
    [InlineData("[UpgradeProtocol(\"a\", Codec = {|UPG206:typeof(Codec)|})]", "[Message(\"a\")] public void M() { }")]
    [InlineData("[UpgradeProtocol(\"a\")]", "[Message(\"a\")] public ValueTask<int>? {|UPG101:M|}() => null;")]
    public Task An_argument_without_effect_is_reported(string protocol, string method) => Verify.VerifyAsync(
        $$"""
        {{protocol}} class Handler { {{method}} }

        [PayloadCodec((MessageKind)9)]
        public class Codec : IPayloadCodec
        {
            public PayloadSerializer<T> GetSerializer<T>() => throw new NotSupportedException();
            public void WriteObject(System.Buffers.IBufferWriter<byte> output, object value) { }
        }
        """);

    [Theory]
    [InlineData("[Message({|UPG110:null!|})] ValueTask M();")]
    [InlineData("[Message(\"a\", SlowConsumer = {|UPG301:(SlowConsumerPolicy)4|})] ValueTask M();")]
    [InlineData("[Message(\"a\", Versions = [])] ValueTask {|UPG301:M|}();")]
    public Task An_argument_without_effect_in_a_contract_is_reported(string method) => Verify.VerifyAsync("[ClientContract] interface IEvents { " + method + " }");

    [Theory]
    [InlineData("/rooms/{id?}", "has the segment '{id?}', but a segment can't be optional: declare the path without it in a separate attribute, or read the value with [FromQuery]")]
    [InlineData("/rooms/{id:int}", "has the segment '{id:int}', but a path parameter must be only a name in braces, for one segment: write {id}, and declare the type on the method parameter")]
    [InlineData("/rooms/{*rest}", "has the segment '{*rest}', but a path parameter must be only a name in braces, for one segment: write {rest}, and declare the type on the method parameter")]
    [InlineData("/rooms?x={id}", "must have no query or fragment: remove it, and read the query with [FromQuery]")]
    public Task A_path_in_another_routing_syntax_is_reported_with_its_replacement(string path, string problem) => Verify.VerifyAsync(
        $"[UpgradeProtocol(\"a\", Path = {{|#0:\"{path}\"|}})] class Handler {{ [Message(\"a\")] public void M() {{ }} }}",
        Verify.At(0, "UPG006", $"The path '{path}' {problem}"));

    [Theory]
    [InlineData("(int, string) {|#0:x|}", "(int, string)", "it is a tuple, whose elements are fields, so it is serialized as {}; use a record, or set IncludeFields in the context's [JsonSourceGenerationOptions]")]
    [InlineData("List<(int A, int B)> {|#0:x|}", "List<(int A, int B)>", "its '(int A, int B)' is a tuple, whose elements are fields, so it is serialized as {}; use a record, or set IncludeFields in the context's [JsonSourceGenerationOptions]")]
    [InlineData("int[,] {|#0:x|}", "int[,]", "it is a multidimensional array, which JSON can't represent; use an array of arrays")]
    [InlineData("nint {|#0:x|}", "nint", "it is a native-sized integer, which JSON can't represent; use long")]
    [InlineData("Inside {|#0:x|}", "Inside", "its 'TimeProvider' holds no data; exclude it with [JsonIgnore]")]
    [InlineData("System.Buffers.ReadOnlySequence<byte> {|#0:x|}", "ReadOnlySequence<byte>", "it is a sequence, which JSON can't represent; use byte[] or ReadOnlyMemory<byte>")]
    [InlineData("Headers {|#0:x|}", "Headers", "it has fields and no properties, so it is serialized as {}; use a record, or set IncludeFields in the context's [JsonSourceGenerationOptions]")]
    [InlineData("Headers?[] {|#0:x|}", "Headers?[]", "its 'Headers' has fields and no properties, so it is serialized as {}; use a record, or set IncludeFields in the context's [JsonSourceGenerationOptions]")]
    [InlineData("System.Numerics.Vector3 {|#0:x|}", "Vector3", "it has fields and no properties, so it is serialized as {}; use a record, or set IncludeFields in the context's [JsonSourceGenerationOptions]")]
    [InlineData("List<System.Numerics.BigInteger> {|#0:x|}", "List<BigInteger>", "its 'BigInteger' has no converter in System.Text.Json, so its value is lost; use a string, or set Converters in the context's [JsonSourceGenerationOptions]")]
    [InlineData("System.Net.IPAddress {|#0:x|}", "IPAddress", "it has no converter in System.Text.Json, so its value is lost; use a string, or set Converters in the context's [JsonSourceGenerationOptions]")]
    [InlineData("UpgradeConnection[] {|#0:x|}", "UpgradeConnection[]", "its 'UpgradeConnection' holds no data; exclude it with [JsonIgnore]")]
    [InlineData("List<CancellationToken> {|#0:x|}", "List<CancellationToken>", "its 'CancellationToken' holds no data; exclude it with [JsonIgnore]")]
    public Task A_type_that_JSON_does_not_support_is_reported(string parameter, string type, string problem) => Verify.VerifyAsync(
        $"[UpgradeProtocol(\"a\")] class Handler {{ [Message(\"a\")] public void M({parameter}) {{ }} }} record Inside(int X, TimeProvider Time); struct Headers {{ public int X, Y; }}",
        Verify.At(0, "UPG203", $"'{type}' of 'Handler.M' can't be a payload: {problem}"));

    [Theory]
    [InlineData("struct Say { public Func<int>? F; public nint N; public int X { get; set; } }")]
    [InlineData("struct Say { [JsonInclude] public int X; public int Y; }")]
    [InlineData("struct Say { [JsonIgnore] public int X; }")]
    [InlineData("struct Say;")]
    [InlineData("class Base { public int X { get; set; } } class Say : Base { public int Y; }")]
    [InlineData("class Say : List<int> { public int Y; }")]
    [InlineData("[JsonConverter(typeof(JsonStringEnumConverter))] class Say { public int Y; }")]
    public Task Fields_beside_serializable_members_are_left_alone(string type) => Verify.VerifyAsync(
        $"[UpgradeProtocol(\"a\")] class Handler {{ [Message(\"a\")] public Say M(Say x) => x; }} {type}");

    [Theory]
    [InlineData("(int, string) x", "")]
    [InlineData("int[][] x", "")]
    [InlineData("Outside x", "")]
    [InlineData("Tuple<int, int> x", "")]
    public Task A_type_that_JSON_supports_is_left_alone(string parameter, string more) => Verify.VerifyAsync(
        JsonContextSource.Generated + $$"""
        [JsonSourceGenerationOptions(IncludeFields = true)]
        [JsonSerializable(typeof((int, string))), JsonSerializable(typeof(int[][])), JsonSerializable(typeof(Outside)), JsonSerializable(typeof(Tuple<int, int>))]
        partial class ChatJson;

        [UpgradeProtocol("a", JsonContext = typeof(ChatJson))] class Handler { [Message("a")] public void M({{parameter}}) { } }
        record Outside(int X) { [JsonIgnore] public TimeProvider Time => TimeProvider.System; }{{more}}
        """);

    [Theory]
    [InlineData("[Message] public void M(Memory<byte> {|UPG203:x|}) { }")]
    [InlineData("[Message] public void M(ArraySegment<byte> {|UPG203:x|}) { }")]
    [InlineData("[Message] public void M(System.Buffers.ReadOnlySequence<byte> {|UPG203:x|}) { }")]
    [InlineData("[Message] public Memory<byte> {|UPG203:M|}(byte[] x) => x;")]
    [InlineData("[Message] public ReadOnlyMemory<byte> M(ReadOnlyMemory<byte> x) => x.ToArray();")]
    public Task Bytes_that_would_be_JSON_in_a_raw_format_are_reported(string method) => Verify.VerifyAsync(
        "[UpgradeProtocol(\"a\", Format = typeof(RawMessageFormat))] class Handler { " + method + " }");

    [Theory]
    [InlineData("[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Serialization)]", "", "{|UPG201:join|}")]
    [InlineData("", ", GenerationMode = JsonSourceGenerationMode.Serialization", "{|UPG201:join|}")]
    [InlineData("[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Serialization)]", ", GenerationMode = JsonSourceGenerationMode.Metadata", "join")]
    [InlineData("[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Default)]", "", "join")]
    public Task A_serialization_only_context_is_reported_at_the_payload_to_read(string options, string mode, string parameter) => Verify.VerifyAsync(
        JsonContextSource.Generated + $$"""
        record Join(string Room);

        {{options}}
        [JsonSerializable(typeof(Join){{mode}})]
        partial class ChatJson;

        [UpgradeProtocol("a", JsonContext = typeof(ChatJson))] class Handler { [Message("a")] public Join M(Join {{parameter}}) => join; }
        """);

    [Theory]
    [InlineData("public System.IO.Stream {|#0:M|}() => null!;", "Stream", "it holds no data; use a class, record or struct, byte[] or ReadOnlyMemory<byte>")]
    [InlineData("public IDisposable {|#0:M|}() => null!;", "IDisposable", "it is an interface, which doesn't determine the concrete type; use a class, record or struct")]
    [InlineData("public System.Data.Common.DbCommand {|#0:M|}() => null!;", "DbCommand", "it is an abstract class, which doesn't determine the concrete type; use a concrete class")]
    public Task The_diagnostic_does_not_suggest_changing_a_type_outside_the_project(string method, string type, string problem) => Verify.VerifyAsync(
        "[UpgradeProtocol(\"a\")] class Handler { [Message(\"a\")] " + method + " }",
        Verify.At(0, "UPG203", $"'{type}' of 'Handler.M' can't be a payload: {problem}"));
}
