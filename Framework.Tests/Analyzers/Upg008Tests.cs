using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.ConflictAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg008Tests
{
    [Fact]
    public Task Paths_that_differ_in_a_parameters_name_are_reported() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("ocpp", Path = "/ocpp/{id}")] class First;
        [{|#0:UpgradeProtocol("ocpp", Path = "/ocpp/{chargePoint}")|}] class Second;
        """,
        Verify.At(0, "UPG008", "'First' already declares the protocol 'ocpp' for '/ocpp/{id}', which matches the same requests as '/ocpp/{chargePoint}': change one path or remove one declaration"));

    [Fact]
    public Task Two_versions_of_a_class_can_match_the_same() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("a", Path = "/{x}/b/{y}")]
        [{|UPG008:UpgradeProtocol("a", Path = "/{y}/b/{x}")|}]
        class Handler;
        """);

    [Theory]
    [InlineData("\"a\", Path = \"/{x}\"", "\"b\", Path = \"/{y}\"")]
    [InlineData("\"a\", Path = \"/{x}\"", "\"a\", Path = \"/x\"")]
    [InlineData("\"a\", Path = \"/a/{x}\"", "\"a\", Path = \"/b/{x}\"")]
    [InlineData("\"a\", Path = \"/a/{x}\"", "\"a\", Path = \"/a/{x}/{y}\"")]
    [InlineData("\"a\", Path = \"/{x}\"", "\"a\", Path = \"/{y}\", Kind = UpgradeKind.Raw")]
    public Task Paths_or_protocols_that_differ_are_left_alone(string first, string second) => Verify.VerifyAsync(
        $"""
        [UpgradeProtocol({first})] class First;
        [UpgradeProtocol({second})] class Second;
        """);

    [Fact]
    public Task An_attribute_of_another_namespace_is_left_alone() => Verify.VerifyAsync(
        """
        namespace Other
        {
            class UpgradeProtocolAttribute : Attribute
            {
                public string Path { get; set; } = "";
            }

            [UpgradeProtocol(Path = "/{x}")] class First;
            [UpgradeProtocol(Path = "/{y}")] class Second;
        }
        """);

    [Theory]
    [InlineData("/{")]
    [InlineData("/{y")]
    public Task An_unfinished_path_throws_nothing(string path) => Verify.VerifyIncompleteAsync(
        $$"""
        [UpgradeProtocol("a", Path = "/x")] class First;
        [UpgradeProtocol("a", Path = "{{path}}")] class Second;
        """);
}
