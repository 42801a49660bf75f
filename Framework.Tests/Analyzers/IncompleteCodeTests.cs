using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace UpgradeProtocols.Tests.Analyzers;

/// <summary>No analyzer throws on incomplete code in the editor.</summary>
public class IncompleteCodeTests
{
    private const string Source = JsonContextSource.Generated + """
        record Say(string Text);
        [JsonSerializable(typeof(Say))] partial class ChatJson;
        [ClientContract] interface IEvents { [Message("said", Versions = ["v1"])] ValueTask<int> SaidAsync(Say said, CancellationToken ct); }
        [UpgradeProtocol("v1", Path = "/chat/{room}", JsonContext = typeof(ChatJson), Client = typeof(IEvents))]
        [UpgradeProtocol("v2", Kind = UpgradeKind.Raw, Framing = typeof(LineFraming), Methods = ["GET"], Path = "/{x}")]
        class Handler(IClients<IEvents> clients)
        {
            [OnUpgrading] public ValueTask<UpgradeResult> Upgrading(UpgradeRequest request) => new(UpgradeResult.Accept());
            [Message("say", Versions = ["v1"])] public async IAsyncEnumerable<Say> SayAsync(Say say, [FromRoute] int room, [EnumeratorCancellation] CancellationToken ct)
            {
                var group = clients?.Group("a");
                await group!.SaidAsync(say, ct);
                yield return say;
            }
            [Message(7)] public int Tag([FromKeyedServices("k")] IDisposable d, UpgradeConnection c) => c.Client<IEvents>().GetHashCode();
            private ReadOnlyMemory<byte> _bytes;
            [Message("b", Concurrent = true)] public void Bytes(ReadOnlyMemory<byte> bytes) { _bytes = bytes[1..]; while (true) { _ = Task.Run(() => bytes.ToArray()); } }
            [OnDisconnected] public async Task GoneAsync(CloseInfo close) => await Task.Yield();
        }
        """;

    private static readonly ImmutableArray<DiagnosticAnalyzer> Analyzers =
        [.. AnalyzerCatalog.Types.Select(type => (DiagnosticAnalyzer)Activator.CreateInstance(type)!)];

    [Fact]
    public async Task Code_cut_off_anywhere_throws_nothing()
    {
        var tokens = CSharpSyntaxTree.ParseText(Source, TestReferences.ParseOptions, cancellationToken: TestContext.Current.CancellationToken).GetRoot(TestContext.Current.CancellationToken).DescendantTokens().ToList();
        foreach (var token in tokens.Where((_, i) => i % 3 == 0))
        {
            await AssertNothingThrownAsync(Source[..token.Span.End]);
        }
    }

    [Fact]
    public async Task Code_without_any_one_token_throws_nothing()
    {
        var tokens = CSharpSyntaxTree.ParseText(Source, TestReferences.ParseOptions, cancellationToken: TestContext.Current.CancellationToken).GetRoot(TestContext.Current.CancellationToken).DescendantTokens().ToList();
        foreach (var token in tokens.Where((_, i) => i % 3 == 1))
        {
            await AssertNothingThrownAsync(Source.Remove(token.SpanStart, token.Span.Length));
        }
    }

    private static async Task AssertNothingThrownAsync(string source)
    {
        var compilation = CSharpCompilation.Create(
            "Incomplete",
            [
                CSharpSyntaxTree.ParseText(TestReferences.Usings, TestReferences.ParseOptions),
                CSharpSyntaxTree.ParseText(source, TestReferences.ParseOptions),
            ],
            TestReferences.All,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        var options = new CompilationWithAnalyzersOptions(
            new AnalyzerOptions([]),
            (exception, analyzer, _) => Assert.Fail($"{analyzer}: {exception}\n{source}"),
            concurrentAnalysis: false,
            logAnalyzerExecutionTime: false);
        var diagnostics = await compilation.WithAnalyzers(Analyzers, options).GetAnalyzerDiagnosticsAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain(diagnostics, diagnostic => diagnostic.Id == "AD0001");
    }
}
