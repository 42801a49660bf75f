using Fix = UpgradeProtocols.Tests.Analyzers.CodeFixVerifier<UpgradeProtocols.Analyzers.JsonNullAnalyzer, UpgradeProtocols.CodeFixes.RefuseNullFix>;
using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.JsonNullAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg208Tests
{
    [Fact]
    public Task A_context_without_the_options_is_reported_once() => Verify.VerifyAsync(
        Context("[JsonSerializable(typeof(Join))] partial class {|#0:ChatJson|};"),
        Verify.At(
            0,
            "UPG208",
            "'ChatJson' sets 'Join.Room' to null if a client omits it or sends null: set RespectNullableAnnotations and RespectRequiredConstructorParameters to true in its [JsonSourceGenerationOptions]"));

    [Theory]
    [InlineData("[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web), JsonSerializable(typeof(Join))]")]
    [InlineData("[JsonSourceGenerationOptions(RespectNullableAnnotations = true), JsonSerializable(typeof(Join))]")]
    [InlineData("[JsonSourceGenerationOptions(RespectRequiredConstructorParameters = true), JsonSerializable(typeof(Join))]")]
    [InlineData("[JsonSourceGenerationOptions(RespectNullableAnnotations = false, RespectRequiredConstructorParameters = true), JsonSerializable(typeof(Join))]")]
    [InlineData("[JsonSourceGenerationOptions(RespectRequiredConstructorParameters = true), JsonSerializable(typeof(Settable))]")]
    [InlineData("[JsonSerializable(typeof(List<Join>))]")]
    public Task Every_context_that_takes_null_is_reported(string attributes) => Verify.VerifyAsync(Context(attributes + " partial class {|UPG208:ChatJson|};"));

    [Theory]
    [InlineData("[JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true), JsonSerializable(typeof(Join))]")]
    [InlineData("[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Strict), JsonSerializable(typeof(Join))]")]
    [InlineData("[JsonSourceGenerationOptions(RespectNullableAnnotations = true), JsonSerializable(typeof(Settable))]")]
    [InlineData("[JsonSerializable(typeof(Nullable)), JsonSerializable(typeof(int)), JsonSerializable(typeof(string))]")]
    public Task A_context_that_takes_no_null_is_left_alone(string attributes) => Verify.VerifyAsync(Context(attributes + " partial class ChatJson;"));

    [Fact]
    public Task A_context_of_no_protocol_is_left_alone() => Verify.VerifyAsync(
        "record Join(string Room);\n[JsonSerializable(typeof(Join))] partial class ChatJson;\n" + JsonContextSource.Generated);

    [Fact]
    public Task The_options_are_added() => Fix.VerifyAsync(
        Context("""
            // The payloads.
            #region Json
            [JsonSerializable(typeof(Join))] // of rooms
            partial class {|UPG208:ChatJson|};
            #endregion
            """),
        Context("""
            // The payloads.
            #region Json
            [JsonSerializable(typeof(Join))] // of rooms
            [JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
            partial class ChatJson;
            #endregion
            """));

    [Fact]
    public Task Existing_options_are_kept_with_their_comments() => Fix.VerifyAsync(
        Context("""
            [JsonSourceGenerationOptions(
                System.Text.Json.JsonSerializerDefaults.Web, // for browsers
                RespectNullableAnnotations = /* not yet */ false,
                WriteIndented = true)] // for people
            [JsonSerializable(typeof(Join))]
            partial class {|UPG208:ChatJson|};
            """),
        Context("""
            [JsonSourceGenerationOptions(
                System.Text.Json.JsonSerializerDefaults.Web, // for browsers
                RespectNullableAnnotations = /* not yet */ true,
                WriteIndented = true,
                RespectRequiredConstructorParameters = true)] // for people
            [JsonSerializable(typeof(Join))]
            partial class ChatJson;
            """));

    private static string Context(string declaration) => declaration + """

        record Join(string Room, string? Nick = null);
        class Settable { public string Name { get; set; } = ""; }
        record Nullable(string? Room, int Count);

        [UpgradeProtocol("a", JsonContext = typeof(ChatJson))] class Handler { [Message("a")] public void M() { } }

        """ + JsonContextSource.Generated;
}
