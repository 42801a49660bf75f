using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg102Tests
{
    [Fact]
    public Task An_unmarked_interface_is_reported_at_the_parameter() => Verify.VerifyAsync(
        """
        interface IStore;

        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")] public void M(IStore {|#0:store|}) { }
        }
        """,
        Verify.At(0, "UPG102", "The parameter 'store' of 'Handler.M' is the interface 'IStore', which can't be a payload: mark it with [FromServices]"));

    [Fact]
    public Task A_second_payload_is_reported() => Verify.VerifyAsync(
        """
        record Say(string Text);
        record Room(string Name);

        [UpgradeProtocol("a", Format = typeof(ByteTagMessageFormat))]
        class Handler
        {
            [Message(1)] public void M(Say say, UpgradeConnection connection, Room {|#0:room|}) { }
        }
        """,
        Verify.At(0, "UPG102", "The parameter 'room' of 'Handler.M' is a second payload in addition to 'say': combine both into one type, or mark a service with [FromServices]"));

    [Theory]
    [InlineData("public void M(int a, string b, List<int>? c = null) { }")]
    [InlineData("public void M(int a, UpgradeConnection connection, int b) { }")]
    [InlineData("public void M([Payload] Dictionary<string, int> all) { }")]
    [InlineData("public void M(ReadOnlySpan<byte> all) { }")]
    public Task Several_payloads_are_left_alone_where_the_format_binds_them(string method) => Verify.VerifyAsync(
        $$"""
        [UpgradeProtocol("a", Format = typeof(JsonRpcMessageFormat))]
        class Handler
        {
            [Message("a")] {{method}}
        }
        """);

    [Theory]
    [InlineData("JsonMessageFormat")]
    [InlineData("FlatJsonMessageFormat")]
    public Task Several_payloads_are_left_alone_in_the_JSON_formats(string format) => Verify.VerifyAsync(
        $$"""
        [UpgradeProtocol("a", Format = typeof({{format}}))]
        class Handler
        {
            [Message("a")] public void M(int a, string b, List<int>? c = null) { }
            [Message("b")] public void N(MessageId id, MessageName name, int a, int b, MessageTag tag) { }
        }
        """);

    // Without a context names are compared without case.
    [Theory]
    [InlineData("public void M(int a, [Payload] string {|UPG102:b|}) { }")]
    [InlineData("public void M(int order, int {|UPG102:Order|}) { }")]
    [InlineData("public void M(int orderId, int {|UPG102:orderID|}) { }")]
    [InlineData("public void M(int a, MessageId? {|UPG102:id|}) { }")]
    public Task Payloads_of_the_JSON_formats_that_do_not_fit_together_are_reported(string method) => Verify.VerifyAsync(
        $$"""
        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")] {{method}}
        }
        """);

    [Theory]
    [InlineData("public void M(int a, [Payload] string {|UPG102:b|}) { }")]
    [InlineData("public void M([Payload] int a, string {|UPG102:b|}) { }")]
    [InlineData("public void M([Payload] int a, [Payload] int {|UPG102:b|}) { }")]
    [InlineData("public void M(int a, ReadOnlyMemory<byte> {|UPG102:b|}) { }")]
    [InlineData("public void M(int a, int {|UPG102:A|}) { }")]
    [InlineData("public void M(int a, IDisposable {|UPG102:b|}) { }")]
    public Task A_parameter_beside_the_whole_payload_is_reported(string method) => Verify.VerifyAsync(
        $$"""
        [UpgradeProtocol("a", Format = typeof(JsonRpcMessageFormat))]
        class Handler
        {
            [Message("a")] {{method}}
        }
        """);

    [Fact]
    public Task A_second_payload_is_reported_where_one_version_has_one_payload() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("own", Format = typeof(OwnFormat))]
        [UpgradeProtocol("rpc", Format = typeof(JsonRpcMessageFormat))]
        class Handler
        {
            [Message("a")] public void A(int a, int {|UPG102:b|}) { }
            [Message("b", Versions = ["rpc"])] public void B(int a, int b) { }
        }

        [MessageFormat(MessageFormatFeatures.Names)]
        struct OwnFormat : IMessageFormat
        {
            public MessageKind Kind => MessageKind.Text;
            public bool TryRead(ReadOnlySpan<byte> message, ref MessageEnvelope envelope) => true;
            public void WriteStart(MessageWriter output, in MessageHeader header) { }
            public void WriteNoPayload(MessageWriter output) { }
            public void WriteEnd(MessageWriter output, in MessageHeader header) { }
            public bool WriteError(MessageWriter output, ReadOnlySpan<byte> id, in MessageError failure) => false;
        }
        """);

    [Theory]
    [InlineData("[Message(\"a\")] public void M(CloseInfo {|UPG102:close|}) { }")]
    [InlineData("[Message(\"a\")] public void M(System.IO.Pipelines.IDuplexPipe {|UPG102:pipe|}) { }")]
    [InlineData("[Message(\"a\")] public void M([FromQuery] object {|UPG102:x|}) { }")]
    [InlineData("[Message(\"a\")] public void M([FromServices] ReadOnlySpan<byte> {|UPG102:x|}) { }")]
    [InlineData("[Message(\"a\")] public void M([FromServices] int? {|UPG102:x|}) { }")]
    [InlineData("[Message(\"a\")] public void M(IServiceProvider {|UPG102:x|}) { }")]
    public Task A_parameter_without_a_source_is_reported(string method) => Verify.VerifyAsync(
        $$"""
        [UpgradeProtocol("a")]
        class Handler
        {
            {{method}}
        }
        """);

    [Theory]
    [InlineData("[Message(\"a\")] public void M(string payload, UpgradeConnection c, UpgradeRequest r, CancellationToken ct, System.Security.Claims.ClaimsPrincipal user) { }")]
    [InlineData("[Message(\"a\")] public void M([FromServices] IServiceProvider services, [FromKeyedServices(\"k\")] IDisposable keyed, int payload) { }")]
    [InlineData("[Message(\"a\")] public void M([FromQuery] string? page, [FromQuery(Name = \"n\")] int number = 1) { }")]
    [InlineData("[Message(\"a\")] public void M(IReadOnlyList<int> payload) { }")]
    [InlineData("[Message(\"a\")] public void M(in int payload) { }")]
    [InlineData("[Message(\"a\")] public void M(int? payload) { }")]
    [InlineData("[Message] public void M(ReadOnlySpan<byte> payload) { }")]
    [InlineData("public void M(IDisposable x) { } [OnConnected] public void Connected() { }")]
    public Task A_parameter_with_a_source_is_left_alone(string method) => Verify.VerifyAsync(
        $$"""
        [UpgradeProtocol("a")]
        class Handler
        {
            {{method}}
        }
        """);

    [Fact]
    public Task An_interface_with_declared_polymorphism_is_a_payload() => Verify.VerifyAsync(
        """
        [JsonDerivedType(typeof(Circle), "circle")] interface IShape;
        record Circle(int Radius) : IShape;

        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")] public void M(IShape shape) { }
        }
        """);

    [Fact]
    public Task An_attribute_of_another_namespace_does_not_mark_the_parameter() => Verify.VerifyAsync(
        """
        namespace Other
        {
            class FromServicesAttribute : Attribute;

            [UpgradeProtocol("a")]
            class Handler
            {
                [Message("a")] public void M([FromServices] IDisposable {|UPG102:x|}) { }
            }
        }
        """);

    [Theory]
    [InlineData("[Message(\"a\")] public void M(Missing x) { }")]
    [InlineData("[Message(\"a\")] public void M(Missing x, List<Missing> y) { }")]
    [InlineData("[Message(\"a\")] public void M(int x, ) { }")]
    [InlineData("[Message(\"a\")] public void M([FromServices] Missing x, [FromQuery(Missing)] string y) { }")]
    [InlineData("[Message(\"a\")] public void M(")]
    public Task An_unfinished_parameter_is_left_alone(string method) => Verify.VerifyIncompleteAsync(
        $$"""
        [UpgradeProtocol("a")]
        class Handler
        {
            {{method}}
        }
        """);
}
