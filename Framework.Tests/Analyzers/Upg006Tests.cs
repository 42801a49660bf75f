using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg006Tests
{
    [Fact]
    public Task A_path_without_a_slash_is_reported_at_the_path() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("a", Path = {|#0:"chat"|})]
        class Handler
        {
            [Message("a")] public void M() { }
        }
        """,
        Verify.At(0, "UPG006", "The path 'chat' must start with '/': add it"));

    [Theory]
    [InlineData("")]
    [InlineData("/chat?x=1")]
    [InlineData("/chat#x")]
    [InlineData("/a b")]
    [InlineData("/{x}/{x}")]
    [InlineData("/{}")]
    [InlineData("/{x")]
    [InlineData("/x}")]
    [InlineData("/a{x}")]
    [InlineData("/{1x}")]
    [InlineData("/{x:int}")]
    public Task A_path_that_cannot_be_served_is_reported(string path) => Verify.VerifyAsync(
        $$"""
        [UpgradeProtocol("a", Path = {|UPG006:"{{path}}"|})]
        class Handler
        {
            [Message("a")] public void M() { }
        }
        """);

    [Fact]
    public Task A_parameter_that_the_path_does_not_have_is_reported_at_its_attribute() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("a", Path = "/a/{room}")]
        class Handler
        {
            [Message("a")] public void M([{|#0:FromRoute|}] string id) { }
        }
        """,
        Verify.At(0, "UPG006", "The path '/a/{room}' has no parameter 'id', which 'Handler.M' binds: add {id} to it"));

    [Fact]
    public Task Every_version_that_has_the_message_needs_the_parameter() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("a", Path = "/a/{id}")]
        [UpgradeProtocol("b", Path = "/b")]
        class Handler
        {
            [Message("a")] public void A([{|UPG006:FromRoute|}] string id) { }
            [Message("b", Versions = ["a"])] public void B([FromRoute] string id) { }
        }
        """);

    [Theory]
    [InlineData("/")]
    [InlineData("/chat")]
    [InlineData("/ocpp/{chargePointId}")]
    [InlineData("/{a}/{b}")]
    [InlineData("/a%20b")]
    [InlineData("/a/")]
    public Task A_path_that_can_be_served_is_left_alone(string path) => Verify.VerifyAsync(
        $$"""
        [UpgradeProtocol("a", Path = "{{path}}")]
        class Handler
        {
            [Message("a")] public void M() { }
        }
        """);

    [Theory]
    [InlineData("[FromRoute] string id")]
    [InlineData("[FromRoute(Name = \"id\")] string other")]
    [InlineData("[FromRoute] int id")]
    [InlineData("[FromRoute] Guid id")]
    [InlineData("[FromQuery] string? other")]
    public Task A_parameter_that_the_path_has_is_left_alone(string parameter) => Verify.VerifyAsync(
        $$"""
        [UpgradeProtocol("a", Path = "/a/{id}")]
        class Handler
        {
            [OnConnected] public void M({{parameter}}) { }
        }
        """);

    [Fact]
    public Task Attributes_of_another_namespace_are_left_alone() => Verify.VerifyAsync(
        """
        namespace Other
        {
            class FromRouteAttribute : Attribute;

            class UpgradeProtocolAttribute : Attribute
            {
                public string Path { get; set; } = "";
            }

            [UpgradeProtocol(Path = "chat")]
            class Handler
            {
                public void M([FromRoute] string id) { }
            }
        }
        """);

    [Theory]
    [InlineData("Path = Missing")]
    [InlineData("Path = ")]
    [InlineData("Path = \"chat")]
    [InlineData("Path = 1")]
    public Task An_unfinished_path_is_left_alone(string arguments) => Verify.VerifyIncompleteAsync(
        $$"""
        [UpgradeProtocol("a", {{arguments}})]
        class Handler
        {
            [Message("a")] public void M() { }
        }
        """);
}
