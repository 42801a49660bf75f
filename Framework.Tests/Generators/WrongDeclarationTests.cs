namespace UpgradeProtocols.Tests.Generators;

/// <summary>The generator omits invalid declarations: generated code never adds an error.</summary>
public class WrongDeclarationTests
{
    private const string Types = """

        public record Join(string Room);
        public interface IStore;
        public abstract class Shape;
        public ref struct Ref;
        public class NotAContext;
        public sealed class NotPartial : JsonSerializerContext { public NotPartial() : base(null) { } protected override System.Text.Json.JsonSerializerOptions? GeneratedSerializerOptions => null; public override System.Text.Json.Serialization.Metadata.JsonTypeInfo? GetTypeInfo(Type type) => null; }
        public abstract partial class Empty : JsonSerializerContext { protected Empty() : base(null) { } }
        public struct NotAFormat;
        public interface INotAContract;
        [ClientContract] public interface IGeneric<T> { [Message("x")] ValueTask X(T value); }
        file class FileLocal;
        """;

    [Theory]
    [InlineData("[UpgradeProtocol(\"a b\")] public class H")]
    [InlineData("[UpgradeProtocol(\"\")] public class H")]
    [InlineData("[UpgradeProtocol(\"a\")] public abstract class H")]
    [InlineData("[UpgradeProtocol(\"a\")] public static class H")]
    [InlineData("[UpgradeProtocol(\"a\")] public class H<T>")]
    [InlineData("[UpgradeProtocol(\"a\")] file class H")]
    [InlineData("[UpgradeProtocol(\"a\")] [Obsolete(\"gone\", true)] public class H")]
    [InlineData("[UpgradeProtocol(\"a\", Path = \"chat\")] public class H")]
    [InlineData("[UpgradeProtocol(\"a\", Path = \"/{a}/{a}\")] public class H")]
    [InlineData("[UpgradeProtocol(\"a\", Path = \"/x{a}\")] public class H")]
    [InlineData("[UpgradeProtocol(\"a\", Path = \"/?a\")] public class H")]
    [InlineData("[UpgradeProtocol(\"a\", JsonContext = typeof(NotAContext))] public class H")]
    [InlineData("[UpgradeProtocol(\"a\", JsonContext = typeof(NotPartial))] public class H")]
    [InlineData("[UpgradeProtocol(\"a\", JsonContext = typeof(Empty))] public class H")]
    [InlineData("[UpgradeProtocol(\"a\", Format = typeof(NotAFormat))] public class H")]
    [InlineData("[UpgradeProtocol(\"a\", Format = typeof(IMessageFormat))] public class H")]
    [InlineData("[UpgradeProtocol(\"a\", Format = typeof(int[]))] public class H")]
    [InlineData("[UpgradeProtocol(\"a\", Format = typeof(RawMessageFormat), Discriminator = \"x\")] public class H")]
    [InlineData("[UpgradeProtocol(\"a\", Framing = typeof(LineFraming))] public class H")]
    [InlineData("[UpgradeProtocol(\"a\", Kind = (UpgradeKind)7)] public class H")]
    [InlineData("[UpgradeProtocol(\"a\", Kind = UpgradeKind.Raw)] public class H")]
    [InlineData("[UpgradeProtocol(\"websocket\", Kind = UpgradeKind.Raw, Framing = typeof(LineFraming))] public class H")]
    [InlineData("[UpgradeProtocol(\"a\", Kind = UpgradeKind.Raw, Framing = typeof(NotAFormat))] public class H")]
    [InlineData("[UpgradeProtocol(\"a\", Kind = UpgradeKind.Raw, Framing = typeof(LineFraming), Default = true)] public class H")]
    [InlineData("[UpgradeProtocol(\"a\", Kind = UpgradeKind.Raw, Framing = typeof(LineFraming), Compression = true)] public class H")]
    [InlineData("[UpgradeProtocol(Kind = UpgradeKind.Raw, Framing = typeof(LineFraming))] public class H")]
    [InlineData("[UpgradeProtocol(\"a\", MaxMessageSize = -1)] public class H")]
    [InlineData("public class Outer<T> { [UpgradeProtocol(\"a\")] public class H { [Message(\"x\")] public void X() { } } } public class H")]
    [InlineData("public class Outer { [UpgradeProtocol(\"a\")] private class H { [Message(\"x\")] public void X() { } } } public class H")]
    public void An_invalid_protocol_or_class_is_omitted(string head)
    {
        var members = head.Contains("static class", StringComparison.Ordinal) ? "" : "[Message(\"x\")] public void X() { }";
        var run = GeneratorHost.Run(head + " { " + members + " }" + Types).AssertAddsNothing();
        Assert.Equal(["UpgradeProtocols.Registration.g.cs"], run.Files.Keys);
    }

    [Theory]
    [InlineData("[Obsolete(\"gone\", true)] public class Outer { [UpgradeProtocol(\"a\")] public class H { [Message(\"x\")] public void X() { } } }")]
    [InlineData("[Obsolete(\"gone\", true)] public class Outer { [ClientContract] public interface I { [Message(\"x\")] ValueTask X(); } }")]
    [InlineData("public class B { [Obsolete(\"gone\", true), Message(\"x\")] public virtual void X() { } } [UpgradeProtocol(\"a\")] public class H : B { [Obsolete] public override void X() { } }", true)]
    [InlineData("[Obsolete(\"gone\", true)] public class P; [UpgradeProtocol(\"a\")] public class H { [Obsolete, Message(\"x\")] public void X(P p) { } }")]
    [InlineData("[Obsolete(\"gone\", true)] public class P; [UpgradeProtocol(\"a\")] public class H { [Obsolete, Message(\"x\")] public Task<List<P>> X() => null!; }")]
    [InlineData("[Obsolete(\"gone\", true, DiagnosticId = \"MINE1\")] public class P; [UpgradeProtocol(\"a\")] public class H { [Obsolete] public H(P p) { } [Message(\"x\")] public void X() { } }")]
    [InlineData("[Obsolete(\"gone\", true)] public class P; [ClientContract] public interface I { [Obsolete, Message(\"x\")] ValueTask X(P p); }")]
    public void A_declaration_that_uses_a_type_obsolete_as_an_error_is_omitted(string source, bool isHandlerLeft = false)
    {
        var run = GeneratorHost.Run(source).AssertAddsNothing();
        Assert.Equal(isHandlerLeft ? ["H.g.cs", "UpgradeProtocols.Registration.g.cs"] : ["UpgradeProtocols.Registration.g.cs"], run.Files.Keys.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("private H() { }")]
    [InlineData("public H(out int x) { x = 1; }")]
    [InlineData("public H(ReadOnlySpan<int> x) { }")]
    [InlineData("public unsafe H(int* x) { }")]
    [InlineData("public required string Name { get; set; }")]
    public void A_class_that_cannot_be_created_is_omitted(string member)
    {
        var run = GeneratorHost.Run($"[UpgradeProtocol(\"a\")] public class H {{ {member} [Message(\"x\")] public void X() {{ }} }}").AssertAddsNothing();
        Assert.Equal(["UpgradeProtocols.Registration.g.cs"], run.Files.Keys);
    }

    [Theory]
    [InlineData("[Message(\"w\")] private void W() { }")]
    [InlineData("[Message(\"w\")] public void W<T>() { }")]
    [InlineData("[Message(\"w\")] public void W(ref Join join) { }")]
    [InlineData("[Message(\"w\")] public void W(out int join) { join = 1; }")]
    [InlineData("[Message(\"w\")] public void W(ref readonly Join join) { }")]
    [InlineData("[Message(\"w\")] public async void W() { await Task.Yield(); }")]
    [InlineData("[Message(\"w\")] public void W(IStore store) { }")]
    [InlineData("[Message(\"w\")] public void W(Join a, [Payload] Join b) { }")]
    [InlineData("[Message(\"w\")] public void W(Join a, Join A) { }")]
    [InlineData("[Message(\"w\")] public void W(Shape shape) { }")]
    [InlineData("[Message(\"w\")] public void W(Ref value) { }")]
    [InlineData("[Message(\"w\")] public void W(Span<byte> value) { }")]
    [InlineData("[Message(\"w\")] public void W(Action action) { }")]
    [InlineData("[Message(\"w\")] public void W(dynamic value) { }")]
    [InlineData("[Message(\"w\")] public dynamic W() => 1;")]
    [InlineData("[Message(\"w\")] public unsafe void W(int* value) { }")]
    [InlineData("[Message(\"w\")] public unsafe void W(delegate*<void> value) { }")]
    [InlineData("[Message(\"w\")] public void W(IDuplexPipe pipe) { }")]
    [InlineData("[Message(\"w\")] public void W(CloseInfo close) { }")]
    [InlineData("[Message(\"w\")] public void W([FromRoute] string nothing) { }")]
    [InlineData("[Message(\"w\")] public void W([FromQuery] Join join) { }")]
    [InlineData("[Message(\"w\")] public void W([FromQuery] DayOfWeek day) { }")]
    [InlineData("[Message(\"w\")] public void W([FromServices] int? number) { }")]
    [InlineData("[Message(\"w\")] public void W([FromServices] Ref value) { }")]
    [InlineData("[Message(\"w\")] public ref int W() => throw null!;")]
    [InlineData("[Message(\"w\")] public Ref W() => default;")]
    [InlineData("[Message(\"w\")] public Span<byte> W() => default;")]
    [InlineData("[Message(\"w\")] public Task<Task> W() => null!;")]
    [InlineData("[Message(\"w\")] public Task<IAsyncEnumerable<int>> W() => null!;")]
    [InlineData("[Message(\"w\")] public IObservable<int> W() => null!;")]
    [InlineData("[Message(\"w\")] public System.Threading.Channels.ChannelReader<int> W() => null!;")]
    [InlineData("[Message(\"w\")] public YieldAwaitable W() => default;")]
    [InlineData("[Message(\"w\")] public Shape W() => null!;")]
    [InlineData("[Message(\"w\")] public Missing W() => null!;")]
    [InlineData("[Message(\"w\")] public void W(Missing missing) { }")]
    [InlineData("[Message(\"w\")] public void W(List<Missing> missing) { }")]
    [InlineData("[Message(\"w\")] public Task<Missing> W() => null!;")]
    [InlineData("[Message(\"x\")] public void W() { }")]
    [InlineData("[Message(\"\")] public void W() { }")]
    [InlineData("[Message(\"\\ud800\")] public void W() { }")]
    [InlineData("[Message(\"reply\")] public void W() { }")]
    [InlineData("[Message(7)] public void W() { }")]
    [InlineData("[Message(\"w\", Versions = [\"nope\"])] public void W() { }")]
    [InlineData("[Message(\"w\"), Obsolete(\"gone\", true)] public void W() { }")]
    [InlineData("public int W { [Message(\"w\")] get => 1; }")]
    [InlineData("[OnConnected] private void W() { }")]
    [InlineData("[OnConnected] public int W() => 1;")]
    [InlineData("[OnConnected] public void W(Join join) { }")]
    [InlineData("[OnConnected] public void W(CloseInfo close) { }")]
    [InlineData("[OnConnected] public void W(IDuplexPipe pipe) { }")]
    [InlineData("[OnConnected] public void W(MessageKind kind) { }")]
    [InlineData("[OnConnected] public void W(MessageId id) { }")]
    [InlineData("[Message(\"w\")] public void W(MessageId? id) { }")]
    [InlineData("[OnConnected] public void W(ref UpgradeConnection connection) { }")]
    [InlineData("[OnUpgrading] public void W() { }")]
    [InlineData("[OnUpgrading] public bool W() => true;")]
    [InlineData("[OnUpgraded] public int W() => 1;")]
    [InlineData("[Background] public void W() { }")]
    [InlineData("[OnDisconnected] public async void W() { await Task.Yield(); }")]
    [InlineData("[OnDisconnected] public void W(object o) { }")]
    public void An_invalid_method_is_omitted(string method)
    {
        var run = GeneratorHost.Run($$"""
            [UpgradeProtocol("a")]
            public class H
            {
                [Message("x")] public void X() { }
                {{method}}
            }
            {{Types}}
            """).AssertAddsNothing();
        Assert.Contains("\"x\"u8", run.Files["H.g.cs"], StringComparison.Ordinal);
        Assert.DoesNotContain(".W(", run.Files["H.g.cs"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[Message(\"w\")] public void W(")]
    [InlineData("[Message(\"w\")] public void W(Join")]
    [InlineData("[Message(\"w\")] public void W(Join, ")]
    [InlineData("[Message(\"w\")] public ValueTask<")]
    [InlineData("[Message(\"w\")] public")]
    [InlineData("[Message(\"w\"")]
    [InlineData("[Message(\"w\", Versions = [")]
    [InlineData("[Message(")]
    [InlineData("[OnConnected")]
    public void Unfinished_code_adds_nothing(string member)
    {
        GeneratorHost.Run($"[UpgradeProtocol(\"a\")] public class H {{ [Message(\"x\")] public void X() {{ }}\n{member}\n}}" + Types).AssertAddsNothing();
        GeneratorHost.Run($"[ClientContract] public interface H {{ [Message(\"x\")] ValueTask X();\n{member}\n}}" + Types).AssertAddsNothing();
    }

    [Theory]
    [InlineData("[Message] public void W(string text) { }\n[Message] public void V(string text) { }", "raw")]
    [InlineData("[Message] public void W(string text) { }\n[Message] public void V(MessageKind kind, byte[] bytes) { }", "raw")]
    [InlineData("[AnyMessage] public void W() { }\n[AnyMessage] public void V() { }", "json")]
    public void Two_methods_for_one_message_add_no_error(string methods, string name) =>
        GeneratorHost.Run($$"""
            [UpgradeProtocol("{{name}}", Format = typeof({{(name == "raw" ? "RawMessageFormat" : "JsonMessageFormat")}}))]
            public class H { {{methods}} }
            """).AssertAddsNothing();

    [Fact]
    public void A_stream_is_omitted_where_the_format_has_none()
    {
        var run = GeneratorHost.RunClean("""
            [UpgradeProtocol("json", Format = typeof(JsonMessageFormat))]
            [UpgradeProtocol("raw", Path = "/raw", Format = typeof(RawMessageFormat))]
            public class H
            {
                [AnyMessage] public IAsyncEnumerable<int> Stream() => null!;
                [OnConnected] public void C() { }
            }
            """);
        Assert.Contains("call.TryOpenStream(", run.Text, StringComparison.Ordinal);
        Assert.Contains("return call.Unknown();", run.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[Message(\"w\")] void W();")]
    [InlineData("[Message(\"w\")] int W();")]
    [InlineData("[Message(\"w\")] ValueTask W(Join a, Join b);")]
    [InlineData("[Message(\"w\")] ValueTask W(in Join a);")]
    [InlineData("[Message(\"w\")] ValueTask W<T>();")]
    [InlineData("[Message(\"w\")] ValueTask W(ReadOnlySpan<byte> a);")]
    [InlineData("[Message(\"w\")] ValueTask<Shape> W();")]
    [InlineData("[Message(\"w\")] ValueTask W(Missing missing);")]
    [InlineData("[Message(\"x\")] ValueTask W();")]
    [InlineData("[Message(\"\")] ValueTask W();")]
    [InlineData("[Message(Missing)] ValueTask W();")]
    [InlineData("[Message(\"w\")] static abstract ValueTask W();")]
    [InlineData("ValueTask W();")]
    [InlineData("int W { get; }")]
    [InlineData("event Action W;")]
    [InlineData("static abstract int operator +(IEvents a, int b);")]
    public void A_contract_with_an_invalid_member_is_omitted(string member)
    {
        var run = GeneratorHost.Run($$"""
            [ClientContract] public interface IEvents { [Message("x")] ValueTask X(); {{member}} }
            [UpgradeProtocol("a", Client = typeof(IEvents))] public class H { [Message("x")] public void X() { } }
            {{Types}}
            """).AssertAddsNothing();
        Assert.DoesNotContain("IEvents.g.cs", run.Files.Keys);
        Assert.Contains("H.g.cs", run.Files.Keys);
    }

    [Theory]
    [InlineData("INotAContract")]
    [InlineData("IGeneric<>")]
    [InlineData("IGeneric<int>")]
    [InlineData("Join")]
    [InlineData("int[]")]
    public void A_type_that_is_not_a_contract_is_not_registered(string client)
    {
        var run = GeneratorHost.Run($"[UpgradeProtocol(\"a\", Client = typeof({client}))] public class H {{ [Message(\"x\")] public void X() {{ }} }}" + Types).AssertAddsNothing();
        Assert.DoesNotContain("ClientType", run.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[Message(\"x\")] public void X() { }\n[OnUpgraded] public Task Run(IDuplexPipe pipe) => Task.CompletedTask;", "")]
    [InlineData("[OnUpgraded] public Task Run(IDuplexPipe pipe) => Task.CompletedTask;", ", Framing = typeof(LineFraming)")]
    [InlineData("[OnUpgraded] public Task Run(Join join) => Task.CompletedTask;", "")]
    [InlineData("[Message] public void X(string line) { }", "")]
    [InlineData("[OnConnected] public void X() { }", "")]
    public void A_raw_protocol_without_exactly_one_way_to_read_is_omitted(string members, string options)
    {
        var run = GeneratorHost.Run($"[UpgradeProtocol(\"a\", Kind = UpgradeKind.Raw{options})] public class H {{ {members} }}" + Types).AssertAddsNothing();
        Assert.Equal(["UpgradeProtocols.Registration.g.cs"], run.Files.Keys);
    }

    [Fact]
    public void Nothing_is_generated_without_the_runtime()
    {
        var run = GeneratorHost.Run(GeneratorHost.Compile(
            ["[UpgradeProtocol(\"a\")] public class H { [Message(\"x\")] public void X() { } } [ClientContract] public interface I { [Message(\"x\")] ValueTask X(); }"],
            references: GeneratorHost.ContractsOnly)).AssertAddsNothing();
        Assert.Empty(run.Files);
    }
}
