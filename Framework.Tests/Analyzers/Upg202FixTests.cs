using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Testing;
using Fix = UpgradeProtocols.Tests.Analyzers.CodeFixVerifier<UpgradeProtocols.Analyzers.ReflectionJsonAnalyzer, UpgradeProtocols.CodeFixes.CreateJsonContextFix>;
using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.ReflectionJsonAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

/// <summary>Contexts that the fix creates in one project have unique names: System.Text.Json uses them as file names.</summary>
public class Upg202FixTests
{
    [Fact]
    public Task Handlers_of_one_name_in_two_files_get_contexts_of_two_names() => Fix.VerifyFilesAsync(
        [Source("A", "", 0, ""), Source("B", "", 1, "")],
        [Source("A", ", JsonContext = typeof(AChatJson)", null, Context("AChatJson")), Source("B", ", JsonContext = typeof(BChatJson)", null, Context("BChatJson"))],
        [Info(0), Info(1)],
        ignoreCompiler: true);

    [Fact]
    public Task The_fix_uses_the_line_ends_of_the_file() => Fix.VerifyFilesAsync(
        [Crlf(Source("A", "", 0, ""))],
        [Crlf(Source("A", ", JsonContext = typeof(ChatJson)", null, Context("ChatJson")))],
        [Info(0)],
        ignoreCompiler: true);

    [Fact]
    public Task The_fix_avoids_a_name_that_another_namespace_has() => Fix.VerifyFilesAsync(
        [Source("A", "", 0, ""), "namespace Elsewhere; class chatJson;"],
        [Source("A", ", JsonContext = typeof(ChatJson2)", null, Context("ChatJson2")), "namespace Elsewhere; class chatJson;"],
        [Info(0)],
        ignoreCompiler: true);

    private static string Crlf(string text) => text.Replace("\n", "\r\n");

    private static string Source(string space, string context, int? place, string declared) => $$"""
        namespace {{space}};

        // before
        #region Handler
        [{{(place is { } number ? $"{{|#{number}:" : "")}}UpgradeProtocol("{{space}}"{{context}}){{(place is null ? "" : "|}")}}]
        public sealed class ChatHandler
        {
            [Message("say")] public void Say(Text text) { }
        }
        {{declared}}#endregion

        public record Text;
        """;

    private static string Context(string name) => $"""

        [JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
        [JsonSerializable(typeof(Text))]
        internal sealed partial class {name} : JsonSerializerContext;

        """;

    private static DiagnosticResult Info(int place) =>
        Verify.At(place, "UPG202", "The payloads of 'ChatHandler' are serialized by reflection, which is slower and can't be trimmed: set JsonContext to a JsonSerializerContext")
            .WithSeverity(DiagnosticSeverity.Info);
}
