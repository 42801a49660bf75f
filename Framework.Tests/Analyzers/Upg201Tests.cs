using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg201Tests
{
    [Fact]
    public Task A_payload_is_reported_at_the_parameter_and_a_reply_at_the_method() => Verify.VerifyAsync(
        JsonContextSource.Generated + """
        record Join(string Room);
        record Joined(int Count);
        record Other;

        [JsonSerializable(typeof(Other))]
        partial class ChatJson;

        [UpgradeProtocol("a", JsonContext = typeof(ChatJson))]
        class Handler
        {
            [Message("join")] public Task<Joined> {|#0:JoinAsync|}(Join {|#1:join|}) => Task.FromResult(new Joined(1));
        }
        """,
        Verify.At(0, "UPG201", "'Joined' is not in 'ChatJson': add [JsonSerializable(typeof(Joined))] to it"),
        Verify.At(1, "UPG201", "'Join' is not in 'ChatJson': add [JsonSerializable(typeof(Join))] to it"));

    [Theory]
    [InlineData("public void M(List<Known> {|UPG201:x|}) { }")]
    [InlineData("public void M(Known[] {|UPG201:x|}) { }")]
    [InlineData("public IAsyncEnumerable<Unknown> {|UPG201:M|}() => null!;")]
    [InlineData("public void M(string {|UPG201:x|}) { }")]
    [InlineData("public void M(Unknown? {|UPG201:x|}) { }")]
    [InlineData("public void M(KnownGeneric<string> {|UPG201:x|}) { }")]
    public Task A_type_that_no_known_type_reaches_is_reported(string method) => VerifyMethodAsync(method);

    [Theory]
    [InlineData("public void M(Known x) { }")]
    [InlineData("public Known? M(Inner? x) => null;")]
    [InlineData("public void M(List<Deep> x) { }")]
    [InlineData("public void M(Deep x) { }")]
    [InlineData("public int? M(int x) => x;")]
    [InlineData("public void M(KnownGeneric<int> x) { }")]
    [InlineData("public void M(ReadOnlyMemory<byte> x) { }")]
    [InlineData("public IAsyncEnumerable<Known> M(CancellationToken ct) => null!;")]
    [InlineData("public void M([FromQuery] string? q, [FromServices] IDisposable s, UpgradeConnection c) { }")]
    [InlineData("public ValueTask<SendResult> M() => default;")]
    public Task A_type_that_a_known_type_reaches_is_left_alone(string method) => VerifyMethodAsync(method);

    [Fact]
    public Task Every_parameter_is_checked() => Verify.VerifyAsync(
        JsonContextSource.Generated + """
        record Known;
        record Unknown;

        [JsonSerializable(typeof(Known))]
        partial class ChatJson;

        [UpgradeProtocol("a", Format = typeof(JsonRpcMessageFormat), JsonContext = typeof(ChatJson))]
        class Handler
        {
            [Message("a")] public void M(Known a, int {|UPG201:b|}, UpgradeConnection connection, Unknown? {|UPG201:c|} = null) { }
        }
        """);

    [Fact]
    public Task Text_and_bytes_need_no_context_where_the_format_sends_them_as_they_are() => Verify.VerifyAsync(
        JsonContextSource.Generated + """
        record Known;
        record Unknown;

        [JsonSerializable(typeof(Known))]
        partial class ChatJson;

        [UpgradeProtocol("a", Format = typeof(ByteTagMessageFormat), JsonContext = typeof(ChatJson))]
        class Handler
        {
            [Message(1)] public string Text(byte[] bytes) => "";
            [Message(2)] public byte[] Bytes(string text) => [];
            [Message(3)] public Known Json(Unknown {|UPG201:x|}) => new();
        }
        """);

    [Fact]
    public Task Text_and_bytes_need_no_context_without_an_envelope() => Verify.VerifyAsync(
        JsonContextSource.Generated + """
        record Other;

        [JsonSerializable(typeof(Other))]
        partial class ChatJson;

        [UpgradeProtocol("a", JsonContext = typeof(ChatJson))]
        class Handler
        {
            [Message] public string Text(string text) => text;
            [Message] public byte[] Bytes(byte[] bytes) => bytes;
        }
        """);

    [Fact]
    public Task A_protocol_without_a_context_is_left_alone() => Verify.VerifyAsync(
        """
        record Say(string Text);

        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")] public Say M(Say say) => say;
        }
        """);

    [Theory]
    [InlineData("typeof(string)")]
    [InlineData("typeof(JsonSerializerContext)")]
    public Task A_type_that_is_not_a_context_is_reported_at_JsonContext(string type) => Verify.VerifyAsync(
        "[UpgradeProtocol(\"a\", JsonContext = {|UPG201:" + type + "|})] class Handler { [Message(\"a\")] public void M() { } }");

    [Fact]
    public Task An_attribute_of_another_namespace_declares_nothing() => Verify.VerifyAsync(
        JsonContextSource.Generated + """
        record Other;
        record Say(string Text);

        [JsonSerializable(typeof(Other))]
        [Look.JsonSerializable(typeof(Say))]
        partial class ChatJson;

        [UpgradeProtocol("a", JsonContext = typeof(ChatJson))]
        class Handler
        {
            [Message("a")] public void M(Say {|UPG201:say|}) { }
        }

        namespace Look
        {
            [AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
            class JsonSerializableAttribute(Type type) : Attribute
            {
                public Type Type => type;
            }
        }
        """);

    [Theory]
    [InlineData("JsonContext = typeof(Missing)", "JsonSerializable(typeof(int))")]
    [InlineData("JsonContext = typeof()", "JsonSerializable(typeof(int))")]
    [InlineData("JsonContext = typeof(ChatJson)", "JsonSerializable(typeof(Missing))")]
    [InlineData("JsonContext = typeof(ChatJson)", "JsonSerializable()")]
    [InlineData("JsonContext = typeof(ChatJson)", "JsonSerializable(typeof(")]
    public Task Unfinished_contexts_are_left_alone(string option, string attribute) => Verify.VerifyIncompleteAsync(
        JsonContextSource.Generated + $$"""
        record Say(string Text);

        [{{attribute}}]
        partial class ChatJson;

        [UpgradeProtocol("a", {{option}})]
        class Handler
        {
            [Message("a")] public void M(Say say) { }
        }
        """);

    private static Task VerifyMethodAsync(string method) => Verify.VerifyAsync(
        JsonContextSource.Generated + $$"""
        record Known(Inner Inner, int Number);
        record Inner(List<Deep> Deep);
        record Deep(int X);
        record Unknown;
        record KnownGeneric<T>(T Value);

        [JsonSerializable(typeof(Known))]
        [JsonSerializable(typeof(KnownGeneric<int>))]
        [JsonSerializable(typeof(int?))]
        partial class ChatJson;

        [UpgradeProtocol("a", JsonContext = typeof(ChatJson))]
        class Handler
        {
            [Message("a")] {{method}}
        }
        """);
}
