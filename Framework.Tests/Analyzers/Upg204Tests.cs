using Fix = UpgradeProtocols.Tests.Analyzers.CodeFixVerifier<UpgradeProtocols.Analyzers.JsonNamingAnalyzer, UpgradeProtocols.CodeFixes.WebNamingFix>;
using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.JsonNamingAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg204Tests
{
    [Fact]
    public Task A_context_without_options_is_reported() => Verify.VerifyAsync(
        Context("[JsonSerializable(typeof(Say))] partial class {|#0:ChatJson|};"),
        Verify.At(
            0,
            "UPG204",
            "'ChatJson' uses the C# names of members, so 'text' from a browser doesn't set 'Text': mark the context with [JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]"));

    [Theory]
    [InlineData("[JsonSourceGenerationOptions(WriteIndented = true), JsonSerializable(typeof(Say))]")]
    [InlineData("[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.General), JsonSerializable(typeof(Say))]")]
    [InlineData("[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.Unspecified), JsonSerializable(typeof(Say))]")]
    [InlineData("[JsonSerializable(typeof(List<Say>))]")]
    [InlineData("[JsonSerializable(typeof(Outer))]")]
    public Task Options_without_a_naming_policy_are_reported(string attributes) => Verify.VerifyAsync(Context(attributes + " partial class {|UPG204:ChatJson|};"));

    [Theory]
    [InlineData("[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web), JsonSerializable(typeof(Say))]")]
    [InlineData("[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase), JsonSerializable(typeof(Say))]")]
    [InlineData("[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower), JsonSerializable(typeof(Say))]")]
    [InlineData("[JsonSourceGenerationOptions(PropertyNameCaseInsensitive = true), JsonSerializable(typeof(Say))]")]
    [InlineData("[JsonSerializable(typeof(string)), JsonSerializable(typeof(int[]))]")]
    [InlineData("[JsonSerializable(typeof(Named))]")]
    [InlineData("")]
    public Task A_context_with_a_naming_policy_or_without_members_is_left_alone(string attributes) => Verify.VerifyAsync(Context(attributes + " partial class ChatJson;"));

    [Fact]
    public Task A_context_of_a_raw_protocol_is_left_alone() => Verify.VerifyAsync(
        """
        [JsonSerializable(typeof(Say))] partial class ChatJson;
        public record Say(string Text);
        [UpgradeProtocol("a", Kind = UpgradeKind.Raw, Framing = typeof(LineFraming), JsonContext = typeof(ChatJson))] class Handler { [Message("a")] public void M() { } }
        """ + "\n" + JsonContextSource.Generated);

    [Fact]
    public Task A_context_that_no_protocol_names_is_left_alone() => Verify.VerifyAsync(
        """
        [JsonSerializable(typeof(Say))] partial class ChatJson;
        public record Say(string Text);
        namespace Other
        {
            class UpgradeProtocolAttribute : Attribute { public Type? JsonContext { get; set; } }
            [UpgradeProtocol(JsonContext = typeof(ChatJson))] class Handler;
        }
        """ + "\n" + JsonContextSource.Generated);

    [Fact]
    public Task A_context_of_another_assembly_is_reported_at_JsonContext() => Verify.VerifyWithAsync(
        TestReferences.Library("Shared", "public record Say(string Text); [JsonSerializable(typeof(Say))] public partial class ChatJson;\npublic " + JsonContextSource.Generated),
        "[UpgradeProtocol(\"a\", JsonContext = {|UPG204:typeof(ChatJson)|})] class Handler { [Message(\"a\")] public void M() { } }");

    [Theory]
    [InlineData("[JsonSerializable(typeof(Missing))]")]
    [InlineData("[JsonSerializable(typeof(Say)), JsonSourceGenerationOptions(Missing)]")]
    [InlineData("[JsonSerializable(")]
    public Task Unfinished_contexts_throw_nothing(string attributes) => Verify.VerifyIncompleteAsync(Context(attributes + " partial class ChatJson;"));

    [Fact]
    public Task The_web_defaults_are_added() => Fix.VerifyAsync(
        Context("[JsonSerializable(typeof(Say))]\npartial class {|UPG204:ChatJson|};"),
        Context("[JsonSerializable(typeof(Say))]\n[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]\npartial class ChatJson;"));

    [Fact]
    public Task Existing_options_are_kept() => Fix.VerifyAsync(
        Context("[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.General, WriteIndented = true)]\n[JsonSerializable(typeof(Say))]\npartial class {|UPG204:ChatJson|};"),
        Context("[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web, WriteIndented = true)]\n[JsonSerializable(typeof(Say))]\npartial class ChatJson;"));

    private static string Context(string context) => $$"""
        {{context}}
        public record Say(string Text);
        public record Outer([property: JsonPropertyName("inner")] Say Inner);
        public class Named { [JsonPropertyName("text")] public string? Text { get; set; } [JsonIgnore] public int Gone { get; set; } public static int Static { get; set; } }
        [UpgradeProtocol("a", JsonContext = typeof(ChatJson))] class Handler { [Message("a")] public void M() { } }

        """ + JsonContextSource.Generated;
}
