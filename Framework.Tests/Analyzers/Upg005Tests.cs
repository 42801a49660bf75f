using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg005Tests
{
    [Fact]
    public Task A_reserved_name_is_reported() => Verify.VerifyAsync(
        """
        [UpgradeProtocol({|#0:"websocket"|}, Kind = UpgradeKind.Raw, Framing = typeof(LineFraming))]
        class Handler
        {
            [Message] public void M(string line) { }
        }
        """,
        Verify.At(0, "UPG005", "The protocol 'websocket' has a name that HTTP reserves: use another name, or remove Kind for a WebSocket"));

    [Theory]
    [InlineData("{|UPG005:\"WebSocket\"|}, Kind = UpgradeKind.Raw, Framing = typeof(LineFraming)")]
    [InlineData("{|UPG005:\"h2c\"|}, Kind = UpgradeKind.Raw, Framing = typeof(LineFraming)")]
    [InlineData("{|UPG005:\"HTTP/2.0\"|}, Kind = UpgradeKind.Raw, Framing = typeof(LineFraming)")]
    [InlineData("{|UPG005:\"TLS/1.2\"|}, Kind = UpgradeKind.Raw, Framing = typeof(LineFraming)")]
    [InlineData("\"a\", Kind = UpgradeKind.Raw, Framing = typeof(LineFraming), Default = {|UPG005:true|}")]
    [InlineData("\"a\", Kind = UpgradeKind.Raw, Framing = typeof(LineFraming), SubprotocolMismatch = {|UPG005:SubprotocolMismatch.AcceptThenClose|}")]
    [InlineData("\"a\", Kind = UpgradeKind.Raw, Framing = {|UPG005:typeof(string)|}")]
    [InlineData("\"a\", Kind = UpgradeKind.Raw, Framing = typeof(LineFraming), Methods = {|UPG005:new string[0]|}")]
    [InlineData("\"a\", Kind = UpgradeKind.Raw, Framing = typeof(LineFraming), Methods = {|UPG005:[\"GET POST\"]|}")]
    [InlineData("\"a\", Framing = {|UPG005:typeof(LineFraming)|}")]
    [InlineData("\"a\", Methods = {|UPG005:[\"POST\"]|}")]
    [InlineData("\"a\", MaxMessageSize = {|UPG005:-1|}")]
    [InlineData("\"a\", MaxConnections = {|UPG005:-1|}")]
    [InlineData("\"a\", Kind = {|UPG005:(UpgradeKind)7|}")]
    public Task An_option_of_the_other_kind_is_reported_at_its_value(string arguments) => Verify.VerifyAsync(
        $$"""
        [UpgradeProtocol({{arguments}})]
        class Handler
        {
            [Message] public void M(string line) { }
        }
        """);

    [Theory]
    [InlineData("\"websocket\"")]
    [InlineData("\"h2c\"")]
    [InlineData("\"a\", Default = true, SubprotocolMismatch = SubprotocolMismatch.AcceptThenClose")]
    [InlineData("\"a\", Kind = UpgradeKind.WebSocket, MaxMessageSize = 1024")]
    [InlineData("\"h2\", Kind = UpgradeKind.Raw, Framing = typeof(LineFraming)")]
    [InlineData("\"a\", Kind = UpgradeKind.Raw, Framing = typeof(LineFraming), Methods = [\"GET\", \"POST\"]")]
    [InlineData("\"a\", Kind = UpgradeKind.Raw, Framing = typeof(LineFraming), Default = false")]
    public Task Options_of_the_right_kind_are_left_alone(string arguments) => Verify.VerifyAsync(
        $$"""
        [UpgradeProtocol({{arguments}})]
        class Handler
        {
            [Message] public void M(string line) { }
        }
        """);

    [Fact]
    public Task An_attribute_of_another_namespace_is_left_alone() => Verify.VerifyAsync(
        """
        namespace Other
        {
            class UpgradeProtocolAttribute(string name) : Attribute
            {
                public string Name => name;
                public UpgradeKind Kind { get; set; }
            }

            [UpgradeProtocol("websocket", Kind = UpgradeKind.Raw)] class Handler;
        }
        """);

    [Theory]
    [InlineData("\"websocket\", Kind = UpgradeKind.")]
    [InlineData("\"a\", Framing = typeof(Missing)")]
    [InlineData("\"a\", Framing = typeof()")]
    public Task An_unfinished_option_is_left_alone(string arguments) => Verify.VerifyIncompleteAsync(
        $$"""
        [UpgradeProtocol({{arguments}})]
        class Handler
        {
            [Message] public void M(string line) { }
        }
        """);
}
