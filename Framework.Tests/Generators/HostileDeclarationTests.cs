using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using UpgradeProtocols.Analyzers;

namespace UpgradeProtocols.Tests.Generators;

/// <summary>Unusual but valid C# declarations: they compile and run, or have one clear diagnostic.</summary>
public class HostileDeclarationTests
{
    private const string Ask = """{"type":"a","id":1,"data":2}""";
    private const string Three = """{"type":"reply","id":1,"data":3}""";

    [Theory]
    [InlineData("public partial class O { ", "}")]
    [InlineData("public partial struct O { ", "}")]
    [InlineData("public partial record O { ", "}")]
    [InlineData("public partial record struct O { ", "}")]
    [InlineData("public readonly partial struct O { ", "}")]
    [InlineData("public ref struct O { ", "}")]
    [InlineData("public partial interface O { ", "}")]
    [InlineData("public static partial class O { ", "}")]
    [InlineData("public abstract partial class O { ", "}")]
    [InlineData("internal static class O { internal partial interface P { public partial record struct Q { ", "} } }")]
    [InlineData("namespace System.Mine { ", "}")]
    [InlineData("namespace UpgradeProtocols { ", "}")]
    [InlineData("namespace UpgradeProtocols.Generated { ", "}")]
    [InlineData("namespace Microsoft.Extensions.DependencyInjection.Mine { ", "}")]
    [InlineData("namespace @class.@namespace { ", "}")]
    [InlineData("namespace Ünï.Ŀang.日本 { ", "}")]
    [InlineData("#nullable disable\npublic class O { ", "}")]
    [InlineData("#nullable enable annotations\npublic class O { ", "}")]
    public async Task A_handler_may_be_declared_anywhere(string before, string after) => Assert.Equal(
        Three,
        await GeneratedServer.AskAsync(before + "[UpgradeProtocol] public class H { [Message(\"a\")] public int A(int x) => x + 1; }" + after, Ask));

    [Theory]
    [InlineData("public sealed record H { [Message(\"a\")] public int A(int x) => x + 1; }")]
    [InlineData("public record H(IServiceProvider Services) { [Message(\"a\")] public int A(int x) => x + 1; }")]
    [InlineData("public class H(IServiceProvider services) { [Message(\"a\")] public int A(int x) => services is null ? 0 : x + 1; }")]
    [InlineData("public class H : B; public abstract class B { [Message(\"a\")] public int A(int x) => x + 1; }")]
    [InlineData("public class H : B { public override int A(int x) => x + 1; } public abstract class B { [Message(\"a\")] public abstract int A(int x); }")]
    [InlineData("public class H : B { public override int A(int x) => base.A(x) + 1; } public class B { [Message(\"a\")] public virtual int A(int x) => x; }")]
    [InlineData("public class H : B<int>; public class B<T> where T : struct, System.Numerics.INumber<T> { [Message(\"a\")] public T A(T x) => x + T.One; }")]
    [InlineData("public class H : B { public new int A(int x) => 0; } public class B { [Message(\"a\")] public int A(int x) => x + 1; }", true)]
    [InlineData("public class H : M; public class M : B<int>; public class B<T> { [Message(\"a\")] public virtual int A(T x) => (int)(object)x! + 1; }")]
    [InlineData("public partial class H { [Message(\"a\")] public partial int A(int x); } public partial class H { public partial int A(int x) => x + 1; }")]
    [InlineData("public partial class H { public partial int A(int x); } public partial class H { [Message(\"a\")] public partial int A(int x) => x + 1; }")]
    [InlineData("public class H : I { [Message(\"a\")] public int A(int x) => x + 1; int I.A(int x) => 0; } public interface I { int A(int x); }")]
    [InlineData("public class H { [Message(\"a\")] public static int A(int x) => x + 1; }")]
    [InlineData("public class H { [Message(\"a\")] public int A(in int x) => x + 1; }")]
    [InlineData("public class H { [Message(\"a\")] public unsafe int A(int x) { int* p = &x; return *p + 1; } }")]
    [InlineData("public class H { [Message(\"a\")] public int Ünï(int 日本) => 日本 + 1; }")]
    [InlineData("public class H { [Message(\"a\")] public int @class(int @int) => @int + 1; }")]
    [InlineData("public class H { [Message(\"\\u0061\")] public int @record(int @file) => @file + 1; }")]
    [InlineData("public class @await { [Message(\"a\")] public int @async(int @yield) => @yield + 1; }")]
    [InlineData("public class @dynamic { [Message(\"a\")] public int @nint(int @var) => @var + 1; }")]
    [InlineData("public class @field { [Message(\"a\")] public int @value(int @global) => @global + 1; }")]
    [InlineData("public class @required { [Message(\"a\")] public int @scoped(int @allows) => @allows + 1; }")]
    [InlineData("public class Task { [Message(\"a\")] public int ValueTask(int String) => String + 1; }")]
    [InlineData("public class UpgradeProtocolsBuilder { [Message(\"a\")] public int Register(int builder) => builder + 1; }")]
    [InlineData("public class H { public int System => 1; [Message(\"a\")] public int global(int System) => System + 1; }")]
    [InlineData("public class H { [Message(\"a\")] public int Equals(int handler) => handler + 1; [Message(\"b\")] public int GetHashCode(int call) => call; }")]
    [InlineData("public class H { [Message(\"a\")] public int A(int x, CancellationToken handler, UpgradeConnection call, IServiceProvider? scope = null) => x + 1; }", true)]
    [InlineData("public class H { [Message(\"a\")] public int A(int x = 7) => x + 1; }")]
    [InlineData("public class H { public required int X { get; init; } [System.Diagnostics.CodeAnalysis.SetsRequiredMembers] public H() => X = 1; [Message(\"a\")] public int A(int x) => x + X; }")]
    [InlineData("public class H { [Message(\"a\")] public int A(int x) => x.Next(); } public static class E { extension(int x) { public int Next() => x + 1; } }")]
    [InlineData("public class H { private int _x; public int X { get => field + _x; set; } [Message(\"a\")] public int A(int x) { X = x; _x = 1; return X; } }")]
    public async Task A_method_may_be_declared_in_any_way(string handler, bool isOwnAffair = false)
    {
        // A method without the attribute that hides a message removes it; an interface is not a payload.
        if (isOwnAffair)
        {
            GeneratorHost.Run("#pragma warning disable CS0108\n[UpgradeProtocol] " + handler).AssertAddsNothing();
            return;
        }

        var options = GeneratorHost.Strict.WithAllowUnsafe(true);
        var source = "#pragma warning disable CS8981, CS0659, CS0661, CS9258\n[UpgradeProtocol] " + handler;
        await using var server = GeneratedServer.Start(GeneratorHost.Run(GeneratorHost.Compile([source], options: options)).AssertClean());
        var client = await server.OpenAsync("/");
        await client.TextAsync(Ask);
        Assert.Equal(Three, await client.TextAsync());
    }

    [Theory]
    [InlineData("record P(int X);", "P", "{\"x\":2}", "{\"x\":2}")]
    [InlineData("internal record P(int X);", "P", "{\"x\":2}", "{\"x\":2}")]
    [InlineData("struct P { public int X { get; set; } }", "P", "{\"x\":2}", "{\"x\":2}")]
    [InlineData("readonly record struct P(int X);", "P", "{\"x\":2}", "{\"x\":2}")]
    [InlineData("readonly record struct P(int X);", "P?", "null", "null")]
    [InlineData("class P { public required int X { get; init; } }", "P", "{\"x\":2}", "{\"x\":2}")]
    [InlineData("class P<T> { public T? X { get; set; } }", "P<int>", "{\"x\":2}", "{\"x\":2}")]
    [InlineData("class P<T> { public T? X { get; set; } } class P { }", "P<P<int>>", "{\"x\":{\"x\":2}}", "{\"x\":{\"x\":2}}")]
    [InlineData("enum P { A, B }", "P", "1", "1")]
    [InlineData("class @class { public int @int { get; set; } }", "@class", "{\"int\":2}", "{\"int\":2}")]
    [InlineData("class Ünï { public int 日本 { get; set; } }", "Ünï", "{\"日本\":2}", "{\"\\u65E5\\u672C\":2}")]
    [InlineData("", "(int, string?)", "{}", "{}")]
    [InlineData("", "int[][]", "[[1],[2]]", "[[1],[2]]")]
    [InlineData("", "Dictionary<string, List<int?>>", "{\"A\":[1,null]}", "{\"A\":[1,null]}")]
    [InlineData("", "Pair", "{\"key\":1,\"value\":\"a\"}", "{\"key\":1,\"value\":\"a\"}")]
    public async Task A_payload_may_be_of_any_kind(string types, string type, string data, string answer) => Assert.Equal(
        $$"""{"type":"reply","id":1,"data":{{answer}}}""",
        await GeneratedServer.AskAsync(
            $"global using Pair = System.Collections.Generic.KeyValuePair<int, string>;\n[UpgradeProtocol] class H {{ [Message(\"a\")] public {type} A({type} x) => x; }}\n{types}",
            $$"""{"type":"a","id":1,"data":{{data}}}"""));

    [Fact]
    public async Task Types_of_one_name_are_distinguished() => Assert.Equal(
        """{"type":"reply","id":1,"data":{"z":3}}""",
        await GeneratedServer.AskAsync(
            """
            namespace A { public record P(int X); }
            namespace B { public record P(int Y); public record P<T>(T Z); public class O { public record P(int W); } }
            [UpgradeProtocol]
            public class H
            {
                [Message("x")] public A.P X(A.P p) => p;
                [Message("y")] public B.P Y(B.P p) => p;
                [Message("a")] public B.P<int> Z(B.P<int> p) => new(p.Z + 1);
                [Message("w")] public B.O.P W(B.O.P p) => p;
                [Message("l")] public List<A.P> L(List<B.P> p) => [];
            }
            """,
            """{"type":"a","id":1,"data":{"z":2}}"""));

    [Fact]
    public async Task Numbers_are_written_as_C_sharp_in_every_culture()
    {
        var culture = CultureInfo.CurrentCulture;
        try
        {
            // As in fi-FI: a comma for the decimal point, and a minus that isn't '-'.
            var finnish = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            finnish.NumberFormat.NumberDecimalSeparator = ",";
            finnish.NumberFormat.NegativeSign = "\u2212";
            finnish.NumberFormat.NumberGroupSeparator = "\u00a0";
            CultureInfo.CurrentCulture = finnish;
            var run = GeneratorHost.RunClean("""
                [UpgradeProtocol(Path = "/", MaxMessageSize = 1000000)]
                public class H
                {
                    [OnConnected] public void C([FromQuery] double d = -1.5, [FromQuery] float f = -0.25f, [FromQuery] decimal m = -1234567.89m, [FromQuery] long l = -9L, [FromQuery] double? n = -2.5) => Seen = FormattableString.Invariant($"{d} {f} {m} {l} {n}");
                    public string Seen { get; private set; } = "";
                    [Message("a")] public string A(double x) => Seen;
                }
                """);
            Assert.Contains("-1234567.89M", run.Text, StringComparison.Ordinal);
            await using var server = GeneratedServer.Start(run);
            var client = await server.OpenAsync("/");
            await client.TextAsync("""{"type":"a","id":1,"data":1.5}""");
            Assert.Equal("""{"type":"reply","id":1,"data":"-1.5 -0.25 -1234567.89 -9 -2.5"}""", await client.TextAsync());
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    [Fact]
    public async Task Global_aliases_and_constants_of_all_kinds() => Assert.Equal(
        Three,
        await GeneratedServer.AskAsync(
            """
            global using Handles = UpgradeProtocols.UpgradeProtocolAttribute;
            global using Says = UpgradeProtocols.MessageAttribute;
            global using Number = int;
            using static Names;

            public static class Names { public const string Path = $"{Slash}{nameof(H)}"; public const string Slash = "/"; public const string A = "a"; }

            [Handles(Path = Names.Path)]
            public class H { [Says($"{A}")] public Number M(Number x) => x + 1; }
            """,
            Ask,
            "/H"));

    [Fact]
    public async Task A_type_that_shadows_a_framework_name_is_not_used_for_it() => Assert.Equal(
        Three,
        await GeneratedServer.AskAsync(
            """
            namespace System.Threading.Tasks.Mine { public class ValueTask; }
            namespace Chat.UpgradeProtocols { public class Message; }
            namespace Chat.System { public class Int32; }
            namespace Chat.Microsoft.Extensions { public class X; }
            namespace Chat
            {
                public class Task; public class ValueTask; public class CancellationToken; public class IServiceProvider; public class UpgradeConnection;
                [global::UpgradeProtocols.UpgradeProtocol]
                public class H { [global::UpgradeProtocols.Message("a")] public int A(int x) => x + 1; [global::UpgradeProtocols.Message("b")] public CancellationToken B(UpgradeConnection c) => new(); }
            }
            """,
            Ask));

    [Fact]
    public async Task A_contract_may_be_declared_in_any_way()
    {
        await using var server = GeneratedServer.Start(GeneratorHost.RunClean("""
            namespace @if;

            public record @class(int @int);

            public partial class O
            {
                [ClientContract]
                internal partial interface @interface : IBase<int>
                {
                    [Message("@event\"\n")] ValueTask @event(@class @class, CancellationToken @for = default);
                    ValueTask NotSent() => default;
                }
            }

            [ClientContract] public interface IBase<T>;

            [UpgradeProtocol(Client = typeof(O.@interface))]
            public class H
            {
                [OnConnected] public async Task C(UpgradeConnection connection) => await connection.Client<O.@interface>().@event(new(3));
            }
            """.Replace("[ClientContract] public interface IBase<T>;", "public interface IBase<T>;").Replace("internal partial interface", "public partial interface")));
        var client = await server.OpenAsync("/");
        Assert.Equal("{\"type\":\"@event\\u0022\\n\",\"data\":{\"int\":3}}", await client.TextAsync());
    }

    [Theory]
    [InlineData("file class H { [Message(\"a\")] public int A(int x) => x; }", "UPG003")]
    [InlineData("public class H<T> { [Message(\"a\")] public int A(int x) => x; }", "UPG003")]
    [InlineData("public class H { private H() { } [Message(\"a\")] public int A(int x) => x; }", "UPG003")]
    [InlineData("public class H { public required int X { get; set; } [Message(\"a\")] public int A(int x) => x; }", "UPG003")]
    [InlineData("public class H { [Message(\"a\")] public T A<T>(T x) => x; }", "UPG105")]
    [InlineData("public class H : I { [Message(\"a\")] int I.A(int x) => x; } public interface I { int A(int x); }", "UPG105")]
    [InlineData("public class H { [Message(\"a\")] public int A(ref int x) => x; }", "UPG105")]
    [InlineData("public class H { [Message(\"a\")] public ref int A(int[] x) => ref x[0]; }", "UPG101")]
    [InlineData("public class H { [Message(\"a\")] public int A(Span<byte> x) => 0; }", "UPG203")]
    [InlineData("public class H { [Message(\"a\")] public void A(Action x) { } }", "UPG203")]
    [InlineData("public class H { [Message(\"a\")] public void A(IDisposable x) { } }", "UPG102")]
    [InlineData("public class H { [Message(\"a\")] protected int A(int x) => x; }", "UPG105")]
    [InlineData("public class H { private protected class P; [Message(\"a\")] private void A(P x) { } }", "UPG105")]
    public async Task A_handler_that_cannot_be_served_has_one_diagnostic(string handler, string id)
    {
        var compilation = GeneratorHost.Compile(["[UpgradeProtocol] " + handler]);
        GeneratorHost.Run(compilation).AssertAddsNothing();
        var said = await compilation.WithAnalyzers([new DeclarationAnalyzer()]).GetAnalyzerDiagnosticsAsync(TestContext.Current.CancellationToken);
        Assert.Equal([id], said.Select(diagnostic => diagnostic.Id));
    }

    [Theory]
    [InlineData("[UpgradeProtocol(Chta)] public class H { [Message(\"a\")] public void A() { } }")]
    [InlineData("[UpgradeProtocol(\"a\", Path = nameof(Chta))] public class H { [Message(\"a\")] public void A() { } }")]
    [InlineData("[UpgradeProtocol(\"a\")] public class H { [Message($\"{Chta}\")] public void A() { } }")]
    [InlineData("[UpgradeProtocol(\"a\")] public class H { [Message(Chta + \"x\")] public void A() { } [OnConnected] public void C() { } }")]
    [InlineData("[UpgradeProtocol(\"a\", Client = typeof(Chta))] public class H { [Message(\"a\")] public void A() { } }")]
    [InlineData("[UpgradeProtocol(\"a\", Format = typeof(Chta))] public class H { [Message(\"a\")] public void A() { } }")]
    [InlineData("[UpgradeProtocol(\"a\", Path = null!)] public class H { [Message(\"a\")] public void A() { } }")]
    public async Task A_typing_error_is_reported_only_by_the_compiler(string source)
    {
        var compilation = GeneratorHost.Compile([source]);
        GeneratorHost.Run(compilation).AssertAddsNothing();
        var said = await compilation.WithAnalyzers([.. Analyzers.AnalyzerCatalog.Types.Select(type => (DiagnosticAnalyzer)Activator.CreateInstance(type)!)])
            .GetAnalyzerDiagnosticsAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain(said, diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning);
    }

    [Fact]
    public void Payloads_that_generated_code_cannot_access_are_omitted() => GeneratorHost.Run("""
        [UpgradeProtocol("a")]
        public class H
        {
            [Message("x")] public void X() { }
            [Message("a")] private protected void A(P p) { }
            [Message("b")] internal void B(Q p) { }
            private protected record P;
            internal record Q;
        }
        """).AssertAddsNothing();
}
