using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace UpgradeProtocols.Tests.Generators;

/// <summary>Inputs for which other generators wrote code that did not compile, the same file twice, or nothing.</summary>
public class FaultsOfOthersTests
{
    [Fact]
    public void Names_that_differ_by_namespace_nesting_or_case_have_files_of_their_own()
    {
        var run = GeneratorHost.RunClean("""
            namespace A { [UpgradeProtocol("a", Path = "/1")] public class ChatHandler { [Message("x")] public void X() { } } }
            namespace B { [UpgradeProtocol("a", Path = "/2")] public class ChatHandler { [Message("x")] public void X() { } } }
            namespace A_B { [UpgradeProtocol("a", Path = "/3")] public class C { [Message("x")] public void X() { } } }
            namespace A.B { [UpgradeProtocol("a", Path = "/4")] public class C { [Message("x")] public void X() { } } }
            namespace Chat { [UpgradeProtocol("a", Path = "/8")] public class Module { [Message("x")] public void X() { } } }
            public class Outer { [UpgradeProtocol("a", Path = "/5")] public class ChatHandler { [Message("x")] public void X() { } } }
            [UpgradeProtocol("a", Path = "/6")] public class ChatHandler { [Message("x")] public void X() { } }
            [UpgradeProtocol("a", Path = "/7")] public class chatHandlER { [Message("x")] public void X() { } }
            public class ChatHandler<T> { }
            """);
        Assert.Equal(9, run.Files.Count);
        Assert.Equal(9, run.Files.Keys.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.Contains("A.ChatHandler.g.cs", run.Files.Keys);
        Assert.Contains("Outer.ChatHandler.g.cs", run.Files.Keys);
    }

    [Fact]
    public void Very_long_names_are_cut()
    {
        var run = GeneratorHost.RunClean($"[UpgradeProtocol(\"a\")] public class {new string('A', 300)} {{ [Message(\"x\")] public void X() {{ }} }}");
        Assert.All(run.Files.Keys, hint => Assert.InRange(hint.Length, 1, 130));
    }

    [Fact]
    public void Keywords_keep_their_at_sign() => GeneratorHost.RunClean("""
        namespace @namespace.@event;

        public record @class(int @int);
        public interface @if;

        [ClientContract]
        public interface @interface { [Message("e")] ValueTask @event(@class @class, CancellationToken @for); }

        [UpgradeProtocol("a", Path = "/{for}", Client = typeof(@interface))]
        public class @void
        {
            [Message("event")] public Task @event(@class @class, CancellationToken @for) => Task.CompletedTask;
            [Message("while")] public @class @while([FromRoute] string @for, [FromServices] @if @if) => new(1);
            [OnConnected] public void @try(UpgradeConnection @catch) { }
        }
        """);

    [Fact]
    public void A_type_may_be_named_as_any_keyword()
    {
        var words = SyntaxFacts.GetKeywordKinds().Select(SyntaxFacts.GetText).Where(word => char.IsLetter(word[0]) && word != "System").ToList();
        GeneratorHost.RunClean(string.Join("\n", words.Select((word, i) => $$"""
            namespace N{{i}}
            {
                [UpgradeProtocol("p", Path = "/{{i}}", Client = typeof(@{{word}}.I))]
                public class @{{word}} { public class P; [Message("a")] public List<@{{word}}.P>? A(@{{word}}.P x) => null; [ClientContract] public interface I { [Message("a")] ValueTask A(P x); } }
            }
            """)));
    }

    [Fact]
    public void Attribute_arguments_may_be_any_constant()
    {
        var run = GeneratorHost.RunClean("""
            public static class Names { public const string Chat = "chat"; public const int Size = 1 << 10; }

            [UpgradeProtocol($"{Names.Chat}.{nameof(Handler)}", Path = "/" + nameof(Handler), MaxMessageSize = Names.Size * 2, MaxConnections = Names.Size / 4, Compression = true, SlowConsumer = (SlowConsumerPolicy)(1 + 1))]
            public class Handler
            {
                [Message(Names.Chat + "\n\"\u00e9\U0001F600")] public void X() { }
                [Message(name: $"{nameof(X)}.y", Versions = new[] { "chat." + nameof(Handler) }, Concurrent = !false)] public void Y() { }
            }
            """);
        Assert.Contains("Name = \"chat.Handler\"", run.Text, StringComparison.Ordinal);
        Assert.Contains("MaxMessageSize = 2048", run.Text, StringComparison.Ordinal);
        Assert.Contains("MaxConnections = 256", run.Text, StringComparison.Ordinal);
        Assert.Contains("Compression = true", run.Text, StringComparison.Ordinal);
        Assert.Contains("SlowConsumer = global::UpgradeProtocols.SlowConsumerPolicy.DropNewest", run.Text, StringComparison.Ordinal);
        Assert.Contains("\"X.y\"u8", run.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[UpgradeProtocol(Names.Chta)]", "[Message(\"x\")]")]
    [InlineData("[UpgradeProtocol(\"a\", Path = Names.Chta)]", "[Message(\"x\")]")]
    [InlineData("[UpgradeProtocol(\"a\", Pth = \"/\")]", "[Message(\"x\")]")]
    [InlineData("[UpgradeProtocol(\"a\", JsonContext = typeof(Chta))]", "[Message(\"x\")]")]
    [InlineData("[UpgradeProtocol(\"a\", Methods = [1])]", "[Message(\"x\")]")]
    [InlineData("[UpgradeProtocol(1, 2)]", "[Message(\"x\")]")]
    [InlineData("[UpgradeProtocol(\"a\")]", "[Message(Names.Chta)]")]
    [InlineData("[UpgradeProtocol(\"a\")]", "[Message(\"x\", Versions = Names.Chta)]")]
    [InlineData("[UpgradeProtocol(\"a\")]", "[Message(1.5)]")]
    [InlineData("[UpgradeProtocol(\"a\")]", "[Mesage(\"x\")]")]
    [InlineData("[UpgradeProtocol(\"a\"", "[Message(\"x\")]")]
    [InlineData("[UpgradeProtocol(\"a\")]", "[Message(\"x\"")]
    [InlineData("[UpgradeProtocol(null!)]", "[Message(null!)]")]
    public void A_wrong_argument_causes_only_the_compilers_error(string protocol, string message) =>
        GeneratorHost.Run($$"""
            public static class Names { public const string Chat = "chat"; }
            {{protocol}}
            public class Handler { {{message}} public void X() { } }
            """).AssertAddsNothing();

    [Fact]
    public void A_class_in_parts_is_one_handler()
    {
        var run = GeneratorHost.RunClean(
            """[UpgradeProtocol("v1")] public partial class Handler { [Message("a")] public void A() { } }""",
            """[UpgradeProtocol("v2")] public partial class Handler { [Message("b")] public partial void B(); }""",
            """public partial class Handler { [Message("c")] public void C() { } public partial void B() { } }""");
        Assert.Equal(["Handler.g.cs", "UpgradeProtocols.Registration.g.cs"], run.Files.Keys.Order());
        Assert.Contains("Name = \"v1\"", run.Text, StringComparison.Ordinal);
        Assert.Contains("Name = \"v2\"", run.Text, StringComparison.Ordinal);
        Assert.All((string[])["\"a\"u8", "\"b\"u8", "\"c\"u8"], name => Assert.Contains(name, run.Text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(NullableContextOptions.Disable)]
    [InlineData(NullableContextOptions.Enable)]
    [InlineData(NullableContextOptions.Annotations)]
    [InlineData(NullableContextOptions.Warnings)]
    public void Every_nullable_context_is_supported(NullableContextOptions context)
    {
        const string source = """
            public class Join { public string Room; }

            [ClientContract]
            public interface IEvents { [Message("x")] ValueTask<Join> X(Join join, CancellationToken ct); [Message("y")] Task Y(List<Join> joins); }

            [UpgradeProtocol("a", Client = typeof(IEvents))]
            public class Handler(IServiceProvider services = null, IDisposable other = null, [FromKeyedServices(null)] IDisposable keyed = null)
            {
                [Message("a")] public Join A(Join join, [FromQuery] string q = null) { _ = (services, other, keyed); return join; }
                [Message("d")] public void D(Join join = null, CancellationToken ct = default) { }
                [Message("b")] public Task<List<Join>> B(Dictionary<string, Join[]> join) => Task.FromResult<List<Join>>(null);
                [Message("c")] public Task<int?> C(int? number) => Task.FromResult(number);
                [OnUpgrading] public UpgradeResult Admit([FromQuery] string q, [FromServices] IServiceProvider s = null) => null;
            }
            """;
        GeneratorHost.Run(GeneratorHost.Compile([source], options: GeneratorHost.Strict.WithNullableContextOptions(context))).AssertAddsNothing();
    }

    [Fact]
    public void Nullable_types_of_every_kind() => GeneratorHost.RunClean("""
        public record Join(string? Room);
        public readonly record struct Point(int X);

        [ClientContract]
        public interface IEvents
        {
            [Message("a")] ValueTask A(Join? join);
            [Message("b")] ValueTask<Join?> B(Point? point);
            [Message("c")] Task<List<string?>?> C((int A, string? B)? pair);
            [Message("d")] ValueTask D(ReadOnlyMemory<byte>? bytes);
        }

        [UpgradeProtocol("a", Client = typeof(IEvents))]
        public class Handler
        {
            [Message("a")] public Join? A(Join? join) => join;
            [Message("b")] public Task<Join?> B(Point? point) => Task.FromResult<Join?>(null);
            [Message("c")] public ValueTask<List<string?>?> C(List<string?>? list) => default;
            [Message("d")] public (int A, string? B) D((int A, string? B) pair) => pair;
            [Message("e")] public async IAsyncEnumerable<Join?> E([EnumeratorCancellation] CancellationToken ct) { await Task.Yield(); yield return null; }
            [Message("f")] public void F(ReadOnlyMemory<byte>? bytes) { }
            [Message("g")] public void G(params string[] names) { }
            [Message("h")] public object? H(object? value) => value;
            [Message("i")] public List<dynamic> I(Dictionary<string, dynamic?> value) => [];
            [Message("j")] public List<string> J(List<string> list) => list;
            [Message("k")] public Join K(Join join) => join;
        }
        """);

    [Fact]
    public void Conditional_code_is_read_as_the_compiler_reads_it()
    {
        var run = GeneratorHost.RunClean("""
            #define HERE
            [UpgradeProtocol("a")]
            public class Handler
            {
            #if HERE
                /// <summary>Documented.</summary>
                [Message("a")]
            #endif
                public void A() { }
            #if GONE
                [Message("b")] public void B() { }
            #endif
            #region Rest
                [Message("c")]
            #pragma warning disable CS0168
                public void C() { }
            #endregion
            }
            """);
        Assert.Contains("\"a\"u8", run.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("\"b\"u8", run.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("#if", run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_of_the_users_shadow_nothing() => GeneratorHost.RunClean("""
        namespace System.Mine { public class X; }
        namespace Chat.System { public class X; }
        namespace Chat.UpgradeProtocols { public class X; }
        namespace Chat.Microsoft { public class X; }
        namespace UpgradeProtocols.Generated.System { public class X; }
        namespace UpgradeProtocols.System { public class X; }
        namespace UpgradeProtocols.Generated { public class ValueTask; public class Task; }
        namespace Chat
        {
            public class ValueTask;
            public class String;
            [UpgradeProtocol("nested", Path = "/nested")] public class Handler { [Message("x")] public global::System.Threading.Tasks.Task<string> X(Task task, ValueTask value = null!) => null!; }
        }

        public class Task;

        [UpgradeProtocol("a")]
        public class GlobalHandler { [Message("x")] public Task X(Task task) => task; }

        [UpgradeProtocol("a", Path = "/b")]
        public class BareCodec { [Message("x")] public Task Payloads(Task task) => task; [Message("y")] public void Create() { } [Message("z")] public void A() { } }
        """.Replace("Task task, ValueTask value = null!", "Task task"));

    [Fact]
    public void Modifiers_without_effect_are_accepted() => GeneratorHost.RunClean("""
        public readonly record struct Point(int X);

        [UpgradeProtocol("a")]
        public class Handler(in int port = 5)
        {
            private readonly int _port = port;
            [Message("a")] public void A(in Point point, in CancellationToken ct) { _ = _port; }
            [Message("b")] public void B(scoped ReadOnlySpan<byte> bytes) { }
            [Message("c")] public Task C(ReadOnlySpan<byte> bytes, in MessageKind kind) => Task.CompletedTask;
        }
        """);

    [Fact]
    public void Inherited_overridden_and_hidden_methods_count_once()
    {
        var run = GeneratorHost.RunClean("""
            public record Join(string Room);

            public abstract class Base<T>
            {
                [OnConnected] public virtual void Connected() { }
                [Message("inherited")] public void Inherited(T payload) { }
                [Message("overridden")] public virtual void Overridden(T payload) { }
                [Message("abstract")] public abstract Task Abstract(T payload);
                [Message("hidden")] public void Hidden(T payload) { }
                [Message("overloaded")] public void Overloaded(Join payload) { }
            }

            public class Middle : Base<Join>
            {
                public override Task Abstract(Join payload) => Task.CompletedTask;
                public override void Overridden(Join payload) { }
            }

            [UpgradeProtocol("a")]
            public class Handler : Middle
            {
                public override void Connected() { }
                public override void Overridden(Join payload) { }
                [Message("hidden")] public new void Hidden(Join payload) { }
                [Message("object")] public void Overloaded(object payload) { }
            }
            """);
        Assert.Contains("((global::Base<global::Join>)handler).Overloaded(payload)", run.Text, StringComparison.Ordinal);
        Assert.Contains("handler.Hidden(payload)", run.Text, StringComparison.Ordinal);
        Assert.All(
            (string[])["inherited", "overridden", "abstract", "hidden", "overloaded", "object"],
            name => Assert.Single(run.Files["Handler.g.cs"].Split('\n'), line => line.Contains($"\"{name}\"u8", StringComparison.Ordinal)));
    }

    [Fact]
    public void Obsolete_declarations_cause_no_warning() => GeneratorHost.RunClean("""
        #pragma warning disable CS0618, CS0612
        [Obsolete("old")] public record Join(string Room);
        [Obsolete, ClientContract] public interface IEvents { [Obsolete("old"), Message("x")] ValueTask X(Join join); }
        [Obsolete("old"), UpgradeProtocol("a", Client = typeof(IEvents))] public class Handler { [Obsolete, Message("a")] public void A(Join join) { } }
        """);

    [Fact]
    public void Overloads_and_names_of_object_members_are_distinguished() => GeneratorHost.RunClean("""
        public record Point(int X);
        public record Payloads(int X);
        public record Reflected(int X);
        public static class Other { public record Point(int Y); }

        [UpgradeProtocol("Create")]
        [UpgradeProtocol("create")]
        [UpgradeProtocol("create", Path = "/b", Format = typeof(FlatJsonMessageFormat))]
        [UpgradeProtocol("payloads", Path = "/c", Discriminator = "op")]
        public class Handler
        {
            [Message("a")] public void Do(Point payload) { }
            [Message("b")] public void Do(Payloads payload) { }
            [Message("c")] public void Do(Reflected payload) { }
            [Message("d")] public void Do(Other.Point payload) { }
            [Message("e")] public void Equals(int payload) { }
            [Message("f")] public void Create() { }
            [Message("g")] public void TFormat(int handler, UpgradeConnection call, CancellationToken stream) { }
        }
        """);

    [Fact]
    public void Records_nested_and_internal_classes_are_handlers_too() => GeneratorHost.RunClean("""
        [assembly: CLSCompliant(true)]

        [CLSCompliant(false), UpgradeProtocol("record", Path = "/1")]
        public record RecordHandler(IServiceProvider Services) { [Message("x")] public void X() { } }

        public partial interface IOuter
        {
            public static partial class Deep
            {
                [UpgradeProtocol("nested", Path = "/2")]
                internal sealed class Handler { internal Handler() { } [Message("x")] internal void X() { } }
            }
        }

        [CLSCompliant(false), UpgradeProtocol("constructors", Path = "/3")]
        public class Constructors
        {
            public Constructors() { }
            internal Constructors(IServiceProvider services, int number) { }
            [ActivatorUtilitiesConstructor] public Constructors(IServiceProvider services) { }
            [Message("x")] internal void X() { }
        }
        """);

    [Fact]
    public void One_message_may_have_another_method_in_another_version()
    {
        var run = GeneratorHost.RunClean("""
            [UpgradeProtocol("v1")]
            [UpgradeProtocol("v2")]
            [UpgradeProtocol("raw", Format = typeof(RawMessageFormat))]
            public class Handler
            {
                [Message("x", Versions = ["v1"])] public int Old(int number) => number;
                [Message("x", Versions = ["v2"])] public string New(string text) => text;
                [AnyMessage(Versions = ["raw", "v2"])] public string Rest(string text) => text;
            }
            """);
        Assert.Contains("global::UpgradeProtocols.TextPayload.Instance", run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_without_declarations_still_has_the_method_to_call()
    {
        var run = GeneratorHost.RunClean("public class Nothing;");
        Assert.Equal(["UpgradeProtocols.Registration.g.cs"], run.Files.Keys);
        Assert.Contains("AddUpgradeProtocols", run.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("assembly:", run.Text, StringComparison.Ordinal);
    }
}
