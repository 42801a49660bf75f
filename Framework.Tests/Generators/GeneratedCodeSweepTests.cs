using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using UpgradeProtocols.Analyzers;

namespace UpgradeProtocols.Tests.Generators;

/// <summary>Generated code has no warning for any type or attribute of a declaration: each one in each allowed place.</summary>
public class GeneratedCodeSweepTests
{
    private const string Types = """
        public record Join(string? Room);
        public record struct Point(int X);
        public enum Level : byte { Low, High = 200 }
        public class Tree : List<Tree>;
        public record @class(int @int);
        public record G<T>(T Value) { public record Inner(T? Value); }
        public class Parsed : IParsable<Parsed>
        {
            public static Parsed Parse(string text, IFormatProvider? provider) => new();
            public static bool TryParse(string? text, IFormatProvider? provider, [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out Parsed parsed) { parsed = new(); return true; }
        }
        [System.Diagnostics.CodeAnalysis.Experimental("MINE001")] public record Tried(int X);
        [System.Diagnostics.CodeAnalysis.Experimental("MINE002")] public struct TriedPoint;
        [Obsolete("old", DiagnosticId = "MINE003")] public class Old { public class Inner; }
        [Obsolete] public record Older;
        [JsonDerivedType(typeof(Derived), "d")] public abstract class Base; public class Derived : Base;
        """;

    private static readonly string[] s_types =
    [
        "int", "int?", "string", "string?", "byte[]", "byte[]?", "byte?[]", "string?[]", "string[]?", "int[][]", "int?[]?[]", "ReadOnlyMemory<byte>", "ReadOnlyMemory<byte>?",
        "Memory<byte>", "List<string>", "List<string?>", "List<string?>?", "Dictionary<string, List<int?>?>", "IReadOnlyList<Join?>", "IEnumerable<Join>?",
        "(int A, string? B)", "(int, (string, Join?)?)", "(int A, string? B)?", "Join", "Join?", "Point", "Point?", "Level", "Level?", "object", "object?",
        "Guid", "DateTimeOffset?", "decimal", "List<dynamic>", "List<dynamic?>?", "nint", "nuint?", "Tree", "Tree?", "@class", "@class?", "G<string?>", "G<G<int?>?>?",
        "G<string>.Inner", "G<(int A, int B)>.Inner?", "Parsed", "Parsed?", "Tried", "Tried?", "List<Tried>", "TriedPoint", "TriedPoint?", "Old", "Old.Inner?", "Older",
        "Base", "Base?", "Derived", "System.Text.Json.JsonElement", "System.Text.Json.Nodes.JsonNode?", "System.Collections.Immutable.ImmutableArray<string?>", "Uri", "Version?",
    ];

    private static readonly string[] s_places =
    [
        "[Message(\"{0}\")] public void P{0}({1} x) {{ }}",
        "[Message(\"{0}\")] public void P{0}([System.Diagnostics.CodeAnalysis.AllowNull] {1} x) {{ }}",
        "[Message(\"{0}\")] public void P{0}([System.Diagnostics.CodeAnalysis.DisallowNull] {1} x) {{ }}",
        "[Message(\"{0}\")] public void P{0}({1} x = default!) {{ }}",
        "[Message(\"{0}\")] public void P{0}(in {1} x) {{ }}",
        "[Message(\"{0}\")] public void P{0}(params {1}[] x) {{ }}",
        "[Message(\"{0}\")] public {1} P{0}() => default!;",
        "[Message(\"{0}\")] public Task<{1}> P{0}() => null!;",
        "[Message(\"{0}\")] public Task<{1}>? P{0}() => null;",
        "[Message(\"{0}\")] public ValueTask<{1}> P{0}() => default;",
        "[Message(\"{0}\", Concurrent = true)] public Task<{1}>? P{0}({1} x) => null;",
        "[Message(\"{0}\")] public IAsyncEnumerable<{1}> P{0}() => null!;",
        "[Message(\"{0}\")] public IAsyncEnumerable<{1}>? P{0}(CancellationToken token) => null;",
        "[Message(\"{0}\")] [return: System.Diagnostics.CodeAnalysis.MaybeNull] public {1} P{0}() => default;",
        "[Message(\"{0}\")] public void P{0}([FromServices] {1} x) {{ }}",
        "[Message(\"{0}\")] public void P{0}([FromServices] {1} x = default!) {{ }}",
        "[Message(\"{0}\")] public void P{0}([FromKeyedServices(\"k\")] {1} x) {{ }}",
        "[Message(\"{0}\")] public void P{0}([FromKeyedServices(null)] [System.Diagnostics.CodeAnalysis.DisallowNull] {1} x) {{ }}",
        "[Message(\"{0}\")] public void P{0}([FromQuery] {1} x) {{ }}",
        "[Message(\"{0}\")] public void P{0}([FromQuery] {1} x = default!) {{ }}",
        "[Message(\"{0}\")] public void P{0}([FromRoute(Name = \"id\")] {1} x) {{ }}",
    ];

    private static readonly string[] s_ofContracts =
    [
        "[Message(\"{0}\")] ValueTask P{0}({1} x);",
        "[Message(\"{0}\")] Task<SendResult>? P{0}({1} x, CancellationToken token);",
        "[Message(\"{0}\")] ValueTask<{1}> P{0}();",
        "[Message(\"{0}\")] Task<{1}>? P{0}({1} x, CancellationToken token);",
        "[Message(\"{0}\")] ValueTask P{0}([System.Diagnostics.CodeAnalysis.AllowNull] {1} x);",
        "[Message(\"{0}\")] ValueTask P{0}([System.Diagnostics.CodeAnalysis.DisallowNull] {1} x);",
        "[Message(\"{0}\")] ValueTask P{0}(W{0} x); [Projection(\"v\")] static {1} F{0}(W{0} x) => default!;",
        "[Message(\"{0}\", LatestByKey = \"X\")] ValueTask P{0}(W{0} x);",
    ];

    [Theory]
    [InlineData("")]
    [InlineData(", Format = typeof(JsonRpcMessageFormat)")]
    [InlineData(", Format = typeof(RawMessageFormat)")]
    public void Every_type_in_every_place_of_a_handler(string format)
    {
        var isBare = format.Contains("Raw", StringComparison.Ordinal);
        var source = new StringBuilder(Types);
        for (var type = 0; type < s_types.Length; type++)
        {
            var methods = s_places.Select((place, i) => string.Format(null, place, (type * 100) + i, s_types[type]));
            if (isBare)
            {
                var all = methods.Select((method, i) => $"[UpgradeProtocol(Path = \"/{type}/{i}/{{id}}\"{format})] public class R{type}_{i} {{ [Message] {method[(method.IndexOf(']') + 1)..]} }}");
                source.AppendLine(string.Join("\n", all.Take(14)));
                continue;
            }

            source.AppendLine($"[UpgradeProtocol(Path = \"/{type}/{{id}}\"{format})] public class H{type} {{ {string.Join("\n", methods)} }}");
        }

        AssertAddsNothing(source.ToString());
    }

    [Fact]
    public void Every_type_in_every_place_of_a_contract()
    {
        var source = new StringBuilder(Types);
        for (var type = 0; type < s_types.Length; type++)
        {
            var methods = s_ofContracts.Select((place, i) => string.Format(null, place, (type * 100) + i, s_types[type])).ToList();
            source.AppendLine($"public class W{(type * 100) + 6}; public record W{(type * 100) + 7}({s_types[type]} X);");
            source.AppendLine(string.Join("\n", methods.Select((method, i) => $"[ClientContract] public interface I{type}_{i} {{ {method} }}")));
        }

        AssertAddsNothing(source.ToString());
    }

    [Fact]
    public void Every_type_in_a_constructor_and_as_an_argument_of_a_generic_base() => AssertAddsNothing(Types + string.Join("\n", s_types.Select((type, i) => $$"""
        [UpgradeProtocol(Path = "/c{{i}}")] public class C{{i}}({{type}} x) { [OnConnected] public object? C() => x; [Message("a")] public void A() => _ = x; }
        [UpgradeProtocol(Path = "/d{{i}}")] public class D{{i}}([System.Diagnostics.CodeAnalysis.AllowNull] {{type}} x = default!, [FromKeyedServices("k")] {{type}} y = default!) { [Message("a")] public void A() => _ = (x, y); }
        [UpgradeProtocol(Path = "/g{{i}}")] public class G{{i}} : GenericBase<{{type}}>;
        {{(type.Contains("dynamic", StringComparison.Ordinal) ? "" : $"[ClientContract] public interface IG{i} : IGenericBase<{type}>;")}}
        """)) + """

        public class GenericBase<T>
        {
            [Message("a")] public void A(T x) { }
            [Message("b")] public T B(List<T> x) => x[0];
            [Message("c")] public Task<T[]>? C((T, T?) x) => null;
            [Message("d")] public IAsyncEnumerable<T> D() => null!;
            [Message("e")] public static T? E(T? x) => x;
            [Message("f")] public virtual T F(T x) => x;
        }
        public interface IGenericBase<T>
        {
            [Message("a")] ValueTask A(T x);
            [Message("b")] ValueTask<T> B(List<T> x);
            [Message("c")] Task<T[]>? C((T, T?) x);
        }
        """);

    [Theory]
    [InlineData("public Task? A() => null;", "public UpgradeResult? U() => null;")]
    [InlineData("public Task<SendResult>? A() => null;", "public Task<UpgradeResult>? U() => null;")]
    [InlineData("public ValueTask A() => default;", "public Task<UpgradeResult?>? U() => null;")]
    [InlineData("public ValueTask A([FromServices] IServiceProvider? x) => default;", "public ValueTask<UpgradeResult?> U([FromServices] IDisposable x) => default;")]
    [InlineData("public Task? A([FromServices] IDisposable? x) => null;", "public Task<UpgradeResult?>? U([FromServices] IDisposable? x = null) => null;")]
    public void Lifecycle_methods_that_may_return_null(string method, string upgrading)
    {
        var connected = method.Replace(" A(", " C(");
        var background = method.Contains("SendResult", StringComparison.Ordinal) ? "" : $"[Background] {method.Replace(" A(", " B(")}";
        AssertAddsNothing($$"""
            [UpgradeProtocol] public class H { [OnConnected] {{connected}} {{background}} [OnDisconnected] {{method.Replace(" A(", " D(")}} [OnUpgrading] {{upgrading}} [Message("a")] {{method}} }
            """);
    }

    [Fact]
    public void Arguments_of_attributes_may_be_any_constant() => AssertAddsNothing("""
        using Microsoft.AspNetCore.Authorization;
        [AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
        public class Needs : AuthorizeAttribute
        {
            public Needs() { }
            public Needs(string text) { }
            public Needs(Type type) { }
            public Needs(string[] texts) { }
            public Needs(object value, params object?[] values) { }
            public string[] Texts { get; set; } = [];
            public Type Type { get; set; } = typeof(int);
            [Obsolete("old", DiagnosticId = "MINE001")] public int Old { get; set; }
            [System.Diagnostics.CodeAnalysis.Experimental("MINE002")] public int New { get; set; }
            [System.Diagnostics.CodeAnalysis.Experimental("MINE003")] public Needs(int number) { }
        }
        public enum @enum { @a }
        [UpgradeProtocol]
        public class H
        {
            [Message("a"), Authorize(null!), Authorize(Policy = null!, Roles = null), Needs((string)null!), Needs((Type)null!), Needs((string[])null!)] public void A() { }
            [Message("b"), Needs(null!, null), Needs(1.5, 'c', double.NaN, float.PositiveInfinity, (sbyte)-1, ulong.MaxValue, @enum.a, typeof(List<>), typeof((int A, string B)), "\n\"")] public void B() { }
            [Message("c"), Needs(Texts = null!, Type = null!), Needs(Texts = [null!, "x"], Type = typeof(void))] public void C() { }
            [Message("d"), Needs(Old = 1), Needs(New = 2), Needs(3)] public void D() { }
            [Message("e")] public void E([FromKeyedServices(null)] IDisposable x, [FromKeyedServices(@enum.a)] IDisposable? y, [FromKeyedServices((object)null!)] IDisposable z) { }
        }
        [UpgradeProtocol(null!, Path = "/n")] public class N { [Message(null!)] public void A() { } }
        [UpgradeProtocol("m", Path = "/m", AllowedOrigins = null!, Methods = null!, Client = null!, JsonContext = null!, Codec = null!, Format = null!, Discriminator = null!)]
        public class M { [Message("x", Versions = null!)] public void A() { } }
        """);

    [Fact]
    public void Defaults_of_parameters_may_be_any_constant() => AssertAddsNothing("""
        using System.Runtime.InteropServices;
        [UpgradeProtocol(Format = typeof(JsonRpcMessageFormat))]
        public class H
        {
            [Message("a")] public void A([Optional, DateTimeConstant(5)] DateTime b, [Optional, DecimalConstant(1, 0, 0u, 0u, 15u)] decimal c, [Optional, DefaultParameterValue("x")] object d, DateTime a = default, long e = long.MinValue) { }
            [Message("b")] public void B([FromQuery] DateTime a = default, [FromQuery] double b = double.NaN, [FromQuery] float? c = float.NegativeInfinity, [FromQuery] char d = '\ud800', [FromQuery] sbyte e = -1) { }
            [Message("c")] public void C(nint a = 5, nuint? b = 6, short? c = -7, DayOfWeek? d = DayOfWeek.Friday, DayOfWeek e = (DayOfWeek)(-9), string f = "\u2028\0") { }
        }
        """);

    [Fact]
    public void An_experimental_or_obsolete_type_may_be_a_handler_a_contract_a_format_or_a_member() => AssertAddsNothing("""
        [assembly: Microsoft.Extensions.DependencyInjection.Meta]
        namespace Microsoft.Extensions.DependencyInjection { public class MetaAttribute : Attribute; }
        namespace App
        {
            using System.Diagnostics.CodeAnalysis;
            [Experimental("MINE001"), UpgradeProtocol(Path = "/1", Client = typeof(I))] public class A { [Experimental("MINE002")] public A(S s) { } [Experimental("MINE003"), Message("a")] public void M(P p) { } }
            [Obsolete("old", DiagnosticId = "MINE004")] public record P { [Experimental("MINE005")] public int Key { get; init; } public int Other { [Experimental("MINE006")] get; init; } }
            [Experimental("MINE007")] public interface S;
            [Experimental("MINE008"), ClientContract]
            public interface I
            {
                [Experimental("MINE009"), Message("a", LatestByKey = "Key")] ValueTask A(P p);
                [Message("b", LatestByKey = "Other")] ValueTask B(P p);
                [Experimental("MINE010"), Projection("x")] static int ToX(P p) => 1;
            }
            public class O { [Obsolete("old", DiagnosticId = "MINE011")] public class N { [UpgradeProtocol(Path = "/2")] public class H { [OnConnected] public void C([FromKeyedServices(typeof(A))] S s) { } } } }
            [Experimental("MINE012")] public struct Codec : IPayloadCodec
            {
                [Experimental("MINE013")] public Codec() { }
                public PayloadSerializer<T> GetSerializer<T>() => throw new NotSupportedException();
                public void WriteObject(System.Buffers.IBufferWriter<byte> output, object value) { }
            }
            [UpgradeProtocol(Path = "/3", Codec = typeof(Codec))] public class H { [Message("a")] public P? M(P? p) => p; }
            public class B { [Experimental("MINE014"), Message("a")] public virtual void M(int x) { } }
            [UpgradeProtocol(Path = "/4")] public class D : B { public override void M(int x) { } }
        }
        """);

    [Fact]
    public async Task A_call_goes_to_the_method_that_was_declared()
    {
        var compilation = GeneratorHost.Compile(["""
            public class B { [Message("over")] public virtual string Over(int x) => "base"; }
            [UpgradeProtocol]
            public class H : B
            {
                public override string Over(int x) => "right";
                public string Over(object x) => "wrong";
                [Message("bytes")] public string Bytes(ReadOnlyMemory<byte>? x) => "right";
                public string Bytes(ReadOnlyMemory<byte> x) => "wrong";
            }
            """]);
        await using var server = GeneratedServer.Start(GeneratorHost.Run(compilation).AssertClean());
        var client = await server.OpenAsync("/");
        await client.TextAsync("""{"type":"over","id":1,"data":2}""");
        Assert.Equal("""{"type":"reply","id":1,"data":"right"}""", await client.TextAsync());
        await client.TextAsync("""{"type":"bytes","id":1,"data":2}""");
        Assert.Equal("""{"type":"reply","id":1,"data":"right"}""", await client.TextAsync());
    }

    [Theory]
    [InlineData("ReadOnlyMemory<byte>?", "null", "{}")]
    [InlineData("ReadOnlyMemory<byte>?", "\"7\"u8.ToArray()", "7")]
    [InlineData("Task<ReadOnlyMemory<byte>?>", "Task.FromResult<ReadOnlyMemory<byte>?>(null)", "{}")]
    [InlineData("ValueTask<ReadOnlyMemory<byte>?>", "new(\"7\"u8.ToArray())", "7")]
    public async Task Bytes_that_may_be_null_are_a_reply(string type, string value, string data) => Assert.Equal(
        $$"""{"type":"reply","id":1,"data":{{data}}}""",
        await GeneratedServer.AskAsync($$"""[UpgradeProtocol] public class H { [Message("a")] public {{type}} A() => {{value}}; }""", """{"type":"a","id":1}"""));

    [Theory]
    [InlineData("R&D <1>.cs", "R&amp;D &lt;1&gt;.cs")]
    [InlineData("a\nb.cs", "a b.cs")]
    [InlineData("--> * \".cs", "--&gt; * \".cs")]
    public void A_file_may_have_any_name(string file, string shown)
    {
        var tree = CSharpSyntaxTree.ParseText("[UpgradeProtocol] public class H { [Message(\"a\")] public void A() { } }", GeneratorHost.Parse, path: "/src/" + file);
        var run = GeneratorHost.Run(GeneratorHost.Compile([]).AddSyntaxTrees(tree)).AssertClean();
        Assert.Contains($"declared in {shown}.</summary>", run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Types_behind_an_extern_alias_are_named_by_it()
    {
        var lib = Emit("""
            namespace Lib;
            public record Payload(int X);
            public interface IStore;
            public class Base<T> { [UpgradeProtocols.Message("b")] public T? B(T x) => x; }
            public class Needs(string? text) : Microsoft.AspNetCore.Authorization.AuthorizeAttribute { public string? Text { get; } = text; public Type? Type { get; set; } }
            """);
        var run = GeneratorHost.Run(GeneratorHost.Compile(
            [
                """
                extern alias lib; extern alias @event;
                [ClientContract] public interface I { [Message("a")] ValueTask<lib::Lib.Payload> A(List<lib::Lib.Payload?> x); }
                [UpgradeProtocol(Client = typeof(I))]
                public class H(lib::Lib.IStore? store) : lib::Lib.Base<@event::Lib.Payload?>
                {
                    [Message("a"), lib::Lib.Needs(null, Type = typeof(@event::Lib.Payload))] public lib::Lib.Payload[] A(Dictionary<string, lib::Lib.Payload?> x) => store is null ? [] : [];
                }
                public record Payload;
                """,
            ],
            references: [.. GeneratorHost.Everything, lib.WithAliases(["lib"]), Emit("namespace Lib; public record Payload(int X);", "Other").WithAliases(["event", "global"])])).AssertClean();
        Assert.Contains("extern alias lib;", run.Files["H.g.cs"], StringComparison.Ordinal);
        Assert.Contains("extern alias lib;", run.Files["I.g.cs"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(LanguageVersion.CSharp11, "11.0")]
    [InlineData(LanguageVersion.CSharp8, "8.0")]
    public async Task An_old_LangVersion_is_reported_where_code_would_be_generated(LanguageVersion version, string shown)
    {
        var compilation = Old(version, GeneratorHost.Everything);
        Assert.Equal(["UpgradeProtocols.Registration.g.cs"], GeneratorHost.Run(compilation, version).AssertAddsNothing().Files.Keys);
        Assert.Equal(
            [$"'H' requires generated code in C# 12.0, but the project uses C# {shown}: remove LangVersion from the project, or set it to 12.0 or later"],
            (await SaidOf(compilation)).Where(diagnostic => diagnostic.Id == "UPG010").Select(diagnostic => diagnostic.GetMessage()).Where(message => message.Contains("'H'", StringComparison.Ordinal)));
        Assert.DoesNotContain(await SaidOf(Old(version, GeneratorHost.ContractsOnly)), diagnostic => diagnostic.Id == "UPG010");
    }

    [Fact]
    public async Task A_framework_reference_with_only_an_extern_alias_is_reported()
    {
        var compilation = GeneratorHost.Compile(
            ["extern alias up; [up::UpgradeProtocols.UpgradeProtocol] public class H { [up::UpgradeProtocols.Message(\"a\")] public void A() { } }"],
            references: [.. GeneratorHost.Everything.Select(reference => reference.Display!.Contains("UpgradeProtocols", StringComparison.Ordinal) ? reference.WithAliases(["up"]) : reference)]);
        Assert.Empty(GeneratorHost.Run(compilation).AssertAddsNothing().Files);
        Assert.Equal(
            ["'H' requires generated code, but the project references UpgradeProtocols only by the extern alias 'up': add 'global' to the Aliases of the reference"],
            (await SaidOf(compilation)).Where(diagnostic => diagnostic.Id == "UPG010").Select(diagnostic => diagnostic.GetMessage()));
    }

    private static CSharpCompilation Old(LanguageVersion version, MetadataReference[] references) => CSharpCompilation.Create(
        "Old",
        [
            CSharpSyntaxTree.ParseText(
                """
                using UpgradeProtocols;
                [UpgradeProtocol("a")] public class H { [Message("a")] public void A() { } }
                [ClientContract] public interface I { [Message("a")] System.Threading.Tasks.ValueTask A(); }
                """,
                GeneratorHost.Parse.WithLanguageVersion(version)),
        ],
        references,
        GeneratorHost.Strict);

    private static async Task<IEnumerable<Diagnostic>> SaidOf(Compilation compilation) =>
        await compilation.WithAnalyzers([new DeclarationAnalyzer(), new HiddenNameAnalyzer()]).GetAnalyzerDiagnosticsAsync(TestContext.Current.CancellationToken);

    private static PortableExecutableReference Emit(string source, string assembly = "Lib")
    {
        using var stream = new MemoryStream();
        var result = GeneratorHost.Compile([source], assembly).Emit(stream);
        Assert.True(result.Success, string.Join("\n", result.Diagnostics));
        return MetadataReference.CreateFromImage(stream.ToArray());
    }

    private static void AssertAddsNothing(string source) =>
        GeneratorHost.Run(GeneratorHost.Compile([source], options: GeneratorHost.Strict.WithWarningLevel(9999))).AssertOwnCodeIsClean();
}
