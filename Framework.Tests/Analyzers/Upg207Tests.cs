using Fix = UpgradeProtocols.Tests.Analyzers.CodeFixVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer, UpgradeProtocols.CodeFixes.AddToJsonContextFix>;
using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.JsonNamesAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg207Tests
{
    private const string Types = """

        namespace A { public record Say(string Text); }
        namespace B { public record Say(int Number); public record Other(Say Inner); }
        public class Outer { public record Nested(int X); }
        public record Nested(string Y);

        """;

    [Fact]
    public Task Two_types_of_one_name_are_reported() => Verify.VerifyAsync(
        Context("[JsonSerializable(typeof(A.Say)), JsonSerializable(typeof(B.Say))] partial class {|#0:ChatJson|};"),
        Verify.At(
            0,
            "UPG207",
            "'ChatJson' contains 'A.Say' and 'B.Say' with the same name 'Say', so System.Text.Json omits one of them: give it a unique name with [JsonSerializable(typeof(B.Say), TypeInfoPropertyName = \"BSay\")]"));

    [Theory]
    [InlineData("[JsonSerializable(typeof(A.Say)), JsonSerializable(typeof(B.Other))]")]
    [InlineData("[JsonSerializable(typeof(Outer.Nested)), JsonSerializable(typeof(Nested))]")]
    public Task Types_that_are_reached_count_too(string attributes) => Verify.VerifyAsync(Context(attributes + " partial class {|UPG207:ChatJson|};"));

    [Theory]
    [InlineData("[JsonSerializable(typeof(A.Say)), JsonSerializable(typeof(B.Say), TypeInfoPropertyName = \"BSay\")]")]
    [InlineData("[JsonSerializable(typeof(A.Say)), JsonSerializable(typeof(List<A.Say>)), JsonSerializable(typeof(A.Say[])), JsonSerializable(typeof(int?))]")]
    [InlineData("[JsonSerializable(typeof(List<string>)), JsonSerializable(typeof(List<string?>))]")]
    public Task Types_of_different_names_are_left_alone(string attributes) => Verify.VerifyAsync(Context(attributes + " partial class ChatJson;"));

    [Fact]
    public Task The_fix_of_UPG201_names_a_type_whose_name_is_already_used() => Fix.VerifyAsync(
        Context("[JsonSerializable(typeof(A.Say))]\npartial class ChatJson;", "B.Say {|UPG201:say|}"),
        Context("[JsonSerializable(typeof(A.Say))]\n[JsonSerializable(typeof(B.Say), TypeInfoPropertyName = \"BSay\")]\npartial class ChatJson;", "B.Say say"));

    private static string Context(string declaration, string parameter = "") =>
        declaration + "\n[UpgradeProtocol(\"a\", JsonContext = typeof(ChatJson))] class Handler { [Message(\"a\")] public void M(" + parameter + ") { } }" + Types + JsonContextSource.Generated;
}
