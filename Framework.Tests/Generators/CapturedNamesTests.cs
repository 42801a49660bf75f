using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using UpgradeProtocols.Analyzers;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols.Tests.Generators;

/// <summary>
/// Names of the user and names of generated code do not conflict: each
/// identifier of generated code, and each member of its base classes, is declared in every way that is possible for a user.
/// </summary>
public class CapturedNamesTests
{
    private const string P = "global::UpgradeProtocols.";

    /// <summary>Every shape of generated code.</summary>
    private const string Shapes = """
        using Microsoft.AspNetCore.Authorization;

        namespace Shapes;

        public record Price(string Symbol, int Value);
        public record OldPrice(int Value);
        public interface IStore;
        public struct Codec : IPayloadCodec
        {
            public PayloadSerializer<T> GetSerializer<T>() => throw new NotSupportedException();
            public void WriteObject(System.Buffers.IBufferWriter<byte> output, object value) { }
        }
        [JsonSerializable(typeof(Price)), JsonSerializable(typeof(int)), JsonSerializable(typeof(string))]
        public partial class Context : JsonSerializerContext;

        [ClientContract]
        public interface IEvents
        {
            [Message("price", LatestByKey = "Symbol", SlowConsumer = SlowConsumerPolicy.DropOldest, Versions = ["new", "old"])] ValueTask<SendResult> PriceAsync(Price price, CancellationToken token);
            [Message("ask")] Task<int> AskAsync(ReadOnlyMemory<byte>? bytes);
            [Message("bare")] ValueTask BareAsync();
            [Projection("old")] static OldPrice ToOld(Price price) => new(price.Value);
            [Projection("older")] static ReadOnlyMemory<byte>? ToOlder(Price price) => null;
        }

        [UpgradeProtocol("new", Path = "/shapes/{id}", Client = typeof(IEvents), AllowedOrigins = ["https://a.b"], MaxConnections = 1, MaxMessageSize = 9, Compression = true, SlowConsumer = SlowConsumerPolicy.Close, SubprotocolMismatch = SubprotocolMismatch.AcceptThenClose)]
        [UpgradeProtocol("old", Path = "/shapes/{id}", Client = typeof(IEvents), JsonContext = typeof(Context), Format = typeof(JsonRpcMessageFormat), Default = true)]
        [UpgradeProtocol("older", Path = "/shapes/{id}", Client = typeof(IEvents), Codec = typeof(Codec), Discriminator = "op")]
        public class Handler(IStore store, IStore? other, [FromKeyedServices("k")] IStore keyed, [FromKeyedServices("k")] IStore? either, int number = 1)
        {
            private readonly object?[] _all = [store, other, keyed, either, number];
            [OnUpgrading] public async Task<UpgradeResult> Admit([FromRoute] Guid id, [FromQuery] int? limit, [FromQuery] string q, [FromServices] IStore store) { await Task.Yield(); return UpgradeResult.Accept(); }
            [OnConnected] public void Connected(UpgradeConnection connection, UpgradeRequest request, ClaimsPrincipal user, CancellationToken token) => _ = _all;
            [Background] public ValueTask Poll() => default;
            [OnDisconnected] public Task Gone(CloseInfo close, CancellationToken token) => Task.CompletedTask;
            [Message("a"), Authorize("x", Roles = "y")] public int A(int number, string text = "t", int? maybe = null) => number;
            [Message("b", Concurrent = true)] public Task<Price?> B(Price price, [FromServices] IStore store, [FromServices] IStore? maybe, [FromKeyedServices("k")] IStore keyed) => Task.FromResult<Price?>(price);
            [Message("c")] public IAsyncEnumerable<int> C(CancellationToken token) => throw new NotSupportedException();
            [Message("d")] public ReadOnlyMemory<byte>? D(ReadOnlyMemory<byte>? bytes) => bytes;
            [Message("e1")] public void E1(ReadOnlySpan<byte> bytes) { }
            [Message("e2")] public SendResult E2(MessageKind kind) => default;
            [Message("e3")] public Task E3(UpgradeRequest request, ClaimsPrincipal user, [FromRoute] Guid id, [FromQuery] DateTime since = default) => Task.CompletedTask;
            [Message("e4")] public void E4() { }
            [Message("e5")] public void E5() { }
            [Message("e6")] public void E6() { }
        }

        [UpgradeProtocol(Path = "/bare", Format = typeof(RawMessageFormat))]
        public class Bare
        {
            [Message] public string Text(string text) => text;
            [Message] public byte[] Bytes(byte[] bytes) => bytes;
        }

        [UpgradeProtocol("tags", Path = "/tags", Kind = UpgradeKind.Raw, Methods = ["GET"], Framing = typeof(LengthPrefixedFraming), Format = typeof(ByteTagMessageFormat))]
        public class Tags { [Message(1, ReplyTag = 2)] public string A(string text) => text; [AnyMessage] public void Rest() { } }

        [UpgradeProtocol("pipe", Path = "/pipe", Kind = UpgradeKind.Raw)]
        public class Pipe { [OnUpgraded] public Task Run(IDuplexPipe pipe) => Task.CompletedTask; }
        """;

    private static readonly Lazy<GeneratorRun> s_shapes = new(() => GeneratorHost.RunClean(Shapes));
    private static readonly Lazy<string[]> s_names = new(() => [.. Identifiers(s_shapes.Value).Concat(Inherited()).Where(SyntaxFacts.IsValidIdentifier).Distinct().Order(StringComparer.Ordinal)]);

    [Fact]
    public async Task A_method_named_like_the_dispatch_method_is_called() => Assert.Equal(
        """{"type":"reply","id":1,"data":"3"}""",
        await GeneratedServer.AskAsync(
            """[UpgradeProtocol] public class H { [Message("dispatch")] public Task<string> DispatchAsync(int car) => Task.FromResult($"{car + 1}"); }""",
            """{"type":"dispatch","id":1,"data":2}"""));

    [Fact]
    public void Methods_and_messages()
    {
        var methods = Each((name, i) => $"[{P}Message(\"{name}\")] public int @{name}(int x) => x;");
        var statics = Each((name, i) => $"[{P}Message(\"{name}\")] public static int @{name}(int x) => x;");
        var run = RunClean($$"""
            [{{P}}UpgradeProtocol(Path = "/1")] public class U1 { {{methods}} }
            [{{P}}UpgradeProtocol(Path = "/2")] public class U2 : U1;
            [{{P}}UpgradeProtocol(Path = "/3", Format = typeof({{P}}JsonRpcMessageFormat))] public class U3 { {{statics}} }
            """);
        Assert.All(["U1", "U3"], type => AssertEachIsCalled(run, type, s_names.Value));
    }

    [Fact]
    public void Lifecycle_methods() => RunClean(Each((name, i) => $$"""
        [{{P}}UpgradeProtocol(Path = "/{{i}}")]
        public class U{{i}}
        {
            [{{P}}OnUpgrading] public {{P}}UpgradeResult @{{name}}({{P}}UpgradeRequest request) => null!;
            [{{P}}OnConnected] public void @{{name}}({{P}}UpgradeConnection handler) { }
            [{{P}}Background] public global::System.Threading.Tasks.Task @{{name}}(global::System.Threading.CancellationToken token) => null!;
            [{{P}}OnDisconnected] public void @{{name}}({{P}}CloseInfo close) { }
        }
        """));

    [Fact]
    public void Parameters() => RunClean($$"""
        [{{P}}UpgradeProtocol(Format = typeof({{P}}JsonRpcMessageFormat))]
        public class U { {{Each((name, i) => $"[{P}Message(\"m{i}\")] public int M{i}(int @{name}, string? other_ = null, params string[] more_) => @{name};")}} }

        [{{P}}ClientContract]
        public interface IU { {{Each((name, i) => $"[{P}Message(\"m{i}\")] global::System.Threading.Tasks.ValueTask<int> M{i}(int @{name}, global::System.Threading.CancellationToken more_);")}} }
        """);

    [Fact]
    public void Protocols_and_paths() => RunClean(Each((name, i) => $$"""
        [{{P}}UpgradeProtocol("{{name}}", Path = "/{{name}}/{{i}}")]
        [{{P}}UpgradeProtocol("{{Kebab(name)}}", Path = "/{{i}}", Format = typeof({{P}}FlatJsonMessageFormat))]
        public class U{{i}} { [{{P}}Message("a")] public void A([global::Microsoft.AspNetCore.Mvc.FromServices] object x) { } [{{P}}OnConnected] public void C() { } }
        """));

    [Theory]
    [InlineData("")]
    [InlineData("namespace My.App;")]
    [InlineData("namespace UpgradeProtocols.Generated;")]
    public void Handlers_payloads_and_contracts(string space)
    {
        var source = Each((name, i) => $$"""
            [{{P}}UpgradeProtocol(Path = "/{{i}}")]
            public class @{{name}} { [{{P}}Message("a")] public @{{name}} A_(@{{name}} x) => x; [{{P}}OnConnected] public void C_() { } }
            """, Visible(space.Length == 0));
        var contracts = Each((name, i) => $"[{P}ClientContract] public interface @{name} {{ [{P}Message(\"a\")] global::System.Threading.Tasks.ValueTask A_(int x); }}", Visible(space.Length == 0));
        RunClean($"{space}\n{source}");
        RunClean($"{space}\n{contracts}");
    }

    [Fact]
    public void Namespaces() => RunClean(
        Each((name, i) => $"namespace My.@{name} {{ [{P}UpgradeProtocol(Path = \"/{i}\")] public class U {{ [{P}Message(\"a\")] public U A(U x) => x; }} }}"),
        Each((name, i) => $"namespace @{name} {{ [{P}UpgradeProtocol(Path = \"/b{i}\")] public class U {{ [{P}Message(\"a\")] public U A(U x) => x; }} }}"),
        Each((name, i) => $"namespace UpgradeProtocols.Generated.@{name} {{ public class U; }}"));

    [Fact]
    public void Members_of_payloads_and_contracts() => RunClean($$"""
        {{Each((name, i) => $"public class T{i} {{ public new int @{name} = 1; }}", name => !IsOfObject(name))}}
        [{{P}}ClientContract]
        public interface IU
        {
            {{Each((name, i) => $"[{P}Message(\"{name}\")] global::System.Threading.Tasks.ValueTask @{name}(int x, global::System.Threading.CancellationToken token);")}}
            {{Each((name, i) => $"[{P}Message(\"k{i}\", LatestByKey = \"{name}\")] global::System.Threading.Tasks.ValueTask K{i}(T{i} t);", name => !IsOfObject(name))}}
            {{Each((name, i) => $"[{P}Projection(\"p\")] static int @{name}(T{i} x) => 1;", name => !IsOfObject(name))}}
            {{Each((name, i) => $"int @{name}(string x) => 1;")}}
        }
        """.Replace("public new int", "public int"));

    [Fact]
    public void Types_and_extensions_of_a_global_using()
    {
        var names = s_names.Value.Where(name => name != "U").ToArray();
        GeneratorHost.Run(GeneratorHost.Compile([
            "global using static My.Statics_; global using My;",
            $$"""
            namespace My
            {
                public static class Statics_ { {{string.Concat(names.Select(name => $"public static int @{name}(object x, object? y = null) => 1; "))}} }
                public static class Nested_ { {{string.Concat(names.Select(name => $"public class @{name}; "))}} }
                public static class Extensions_ { {{string.Concat(names.Select(name => $"public static int @{name}<T>(this T x, params object?[] y) where T : allows ref struct => 1; "))}} }
            }
            """,
            Shapes])).AssertAddsNothing();
    }

    [Theory]
    [InlineData("public class UpgradeProtocols;")]
    [InlineData("public class Microsoft;")]
    [InlineData("public class System;")]
    [InlineData("namespace UpgradeProtocols { public class UpgradeConnection; }")]
    [InlineData("namespace UpgradeProtocols { public class Runtime; }")]
    [InlineData("namespace UpgradeProtocols { public class Generated; }")]
    [InlineData("namespace UpgradeProtocols.Runtime { public class MessageCall<T>; }")]
    [InlineData("namespace UpgradeProtocols.Runtime.ClientProxy { public class X; }")]
    [InlineData("namespace Microsoft.Extensions { public class DependencyInjection; }")]
    [InlineData("namespace System.Threading.Tasks { public struct ValueTask; }")]
    [InlineData("namespace Microsoft.Extensions.DependencyInjection { public static class UpgradeProtocolsServiceCollectionExtensions; }")]
    public async Task A_declaration_that_hides_a_needed_type_is_reported_and_nothing_is_generated(string declaration)
    {
        var compilation = GeneratorHost.Compile([declaration, "[UpgradeProtocol] public class H { [Message(\"a\")] public int A(int x) => x; }"]);
        Assert.Empty(GeneratorHost.Run(compilation).AssertAddsNothing().Files);
        var said = await compilation.WithAnalyzers([new HiddenNameAnalyzer()]).GetAnalyzerDiagnosticsAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["UPG010"], said.Select(diagnostic => diagnostic.Id).Distinct());
    }

    [Fact]
    public async Task The_list_of_needed_types_has_every_type_that_generated_code_names()
    {
        var run = s_shapes.Value;
        var needed = OurTrees(run)
            .SelectMany(tree => TypesIn(tree, run.Output.GetSemanticModel(tree)))
            .Where(type => !type.Locations.Any(location => location.IsInSource) && type.SpecialType == SpecialType.None && !s_ofShapes.Contains(type.MetadataName))
            .Select(type => type.OriginalDefinition)
            .Distinct<ISymbol>(SymbolEqualityComparer.Default)
            .Cast<INamedTypeSymbol>()
            .ToList();
        Assert.InRange(needed.Count, 40, 200);
        var hiding = needed.Select(type =>
            $"namespace {type.ContainingNamespace.ToDisplayString()} {{ class {type.Name}{(type.Arity == 0 ? "" : $"<{string.Join(",", type.TypeParameters.Select(parameter => parameter.Name))}>")}; }}");
        var said = await GeneratorHost.Compile([string.Join("\n", hiding)]).WithAnalyzers([new HiddenNameAnalyzer()]).GetAnalyzerDiagnosticsAsync(TestContext.Current.CancellationToken);
        Assert.Equal(
            needed.Select(type => type.Name).Order(StringComparer.Ordinal),
            said.Select(diagnostic => diagnostic.GetMessage()).Select(message => message.Split('\'')[1].Split('.')[^1].Split('<')[0]).Order(StringComparer.Ordinal));
    }

    // The types that the sources name, and the compiler's own attribute.
    private static readonly string[] s_ofShapes =
        ["ByteTagMessageFormat", "LengthPrefixedFraming", "AuthorizeAttribute", "EmbeddedAttribute", "Guid", "Nullable`1", "Task`1"];

    private static IEnumerable<INamedTypeSymbol> TypesIn(SyntaxTree tree, SemanticModel model) =>
        tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>()
            .Where(name => name.Parent is QualifiedNameSyntax or AliasQualifiedNameSyntax or MemberAccessExpressionSyntax)
            .Select(name => model.GetSymbolInfo(name).Symbol)
            .Select(symbol => symbol is IMethodSymbol { MethodKind: MethodKind.Constructor } constructor ? constructor.ContainingType : symbol as INamedTypeSymbol)
            .OfType<INamedTypeSymbol>()
            .Where(type => type.ContainingType is null);

    private static IEnumerable<SyntaxTree> OurTrees(GeneratorRun run) =>
        run.Output.SyntaxTrees.Where(tree => run.Files.Keys.Any(hint => tree.FilePath.EndsWith(Path.DirectorySeparatorChar + hint, StringComparison.Ordinal)));

    private static IEnumerable<string> Identifiers(GeneratorRun run) => OurTrees(run)
        .SelectMany(tree => tree.GetRoot().DescendantTokens())
        .Where(token => token.IsKind(SyntaxKind.IdentifierToken))
        .Select(token => token.ValueText);

    private static IEnumerable<string> Inherited() =>
        new[] { typeof(MessageDispatcher<>), typeof(FramedMessageDispatcher<,>), typeof(PipeDispatcher), typeof(ClientProxy) }
            .SelectMany(Levels)
            .SelectMany(type => type.GetMembers((System.Reflection.BindingFlags)0x3e))
            .Select(member => member.Name);

    private static IEnumerable<Type> Levels(Type type)
    {
        for (var level = type; level is not null; level = level.BaseType)
        {
            yield return level;
        }
    }

    private static bool IsOfObject(string name) => typeof(object).GetMembers((System.Reflection.BindingFlags)0x3e).Any(member => member.Name == name);

    // In the global namespace these names would hide the namespaces themselves, which is a separate error.
    private static Func<string, bool> Visible(bool isGlobal) => name => !isGlobal || name is not ("System" or "Microsoft" or "UpgradeProtocols");

    private static string Each(Func<string, int, string> declare, Func<string, bool>? where = null) =>
        string.Join("\n", s_names.Value.Select((name, i) => (name, i)).Where(entry => where?.Invoke(entry.name) ?? true).Select(entry => declare(entry.name, entry.i)));

    private static string Kebab(string name) => string.Concat(name.Select((character, i) => i > 0 && char.IsUpper(character) ? "-" + char.ToLowerInvariant(character) : char.ToLowerInvariant(character).ToString()));

    // Warnings of the sources don't count: generated code must add none.
    private static GeneratorRun RunClean(params string[] sources) =>
        GeneratorHost.Run(GeneratorHost.Compile(sources, options: GeneratorHost.Strict.WithWarningLevel(9999))).AssertOwnCodeIsClean();

    private static void AssertEachIsCalled(GeneratorRun run, string type, string[] names)
    {
        var tree = OurTrees(run).Single(tree => tree.FilePath.EndsWith($"{Path.DirectorySeparatorChar}{type}.g.cs", StringComparison.Ordinal));
        var model = run.Output.GetSemanticModel(tree);
        var called = tree.GetRoot().DescendantNodes().OfType<InvocationExpressionSyntax>().Select(call => (IMethodSymbol)model.GetSymbolInfo(call).Symbol!).ToList();
        Assert.Equal(names, called.Where(method => method.ContainingType.Name == type).Select(method => method.Name).Order(StringComparer.Ordinal));

        // A dispatcher calls only the methods declared beside it, and none of its own.
        var dispatchers = tree.GetRoot().DescendantNodes().OfType<ClassDeclarationSyntax>().Where(declaration => declaration.BaseList is not null);
        Assert.All(
            dispatchers.SelectMany(declaration => declaration.DescendantNodes().OfType<InvocationExpressionSyntax>()),
            call => Assert.Contains(model.GetSymbolInfo(call).Symbol!.ContainingType.Name, (string[])["Calls", "MessageCall", "MemoryExtensions"]));
    }
}
