using Contract = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.ContractPayloadAnalyzer>;
using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg205Tests
{
    private const string Types = """
        public class Base { public int Id { get; set; } }
        public class Derived : Base;
        public record Named([property: JsonPropertyName("id")] int Number);
        public record Renamed([property: JsonPropertyName("orderId")] int Id, string Types);
        public record Ignored { [JsonIgnore] public int Id => 1; public static int id => 2; internal int iD => 3; }
        public record Typed(string Type);
        public record Capital(int ID);
        public record Sometimes([property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Id);

        """;

    [Fact]
    public Task A_reply_with_an_id_is_reported() => Verify.VerifyAsync(
        Types + Handler("[Message(\"a\")] public Base {|#0:Get|}() => new();"),
        Verify.At(0, "UPG205", "'Base' has the member 'id', which FlatJsonMessageFormat reserves for its envelope: rename it, or use another Format"));

    [Theory]
    [InlineData("[Message(\"a\")] public Task<Derived> {|UPG205:GetAsync|}() => Task.FromResult(new Derived());")]
    [InlineData("[Message(\"a\")] public IAsyncEnumerable<Named> {|UPG205:ListAsync|}(CancellationToken ct) => null!;")]
    [InlineData("[Message(\"a\")] public Typed {|UPG205:Get|}() => new(\"\");")]
    [InlineData("[Message(\"a\")] public Capital {|UPG205:Get|}() => new(1);")]
    [InlineData("[Message(\"a\")] public Sometimes {|UPG205:Get|}() => new(\"\");")]
    public Task Every_kind_of_reply_is_checked(string method) => Verify.VerifyAsync(Types + Handler(method));

    [Theory]
    [InlineData("[Message(\"a\")] public void Take(int {|UPG205:id|}, int other) { }")]
    [InlineData("[Message(\"a\")] public void Take(int other, int {|UPG205:type|}) { }")]
    [InlineData("[Message(\"a\")] public void Take(int id) { }")]
    public Task A_parameter_with_the_name_of_an_envelope_member_is_reported(string method) => Verify.VerifyAsync(Types + Handler(method));

    [Theory]
    [InlineData("[Message(\"a\")] public Renamed Get() => null!;")]
    [InlineData("[Message(\"a\")] public Ignored Get() => null!;")]
    [InlineData("[Message(\"a\")] public List<Base> Get() => [];")]
    [InlineData("[Message(\"a\")] public string Get() => \"\";")]
    [InlineData("[Message(\"a\")] public void Take(Base received) { }")]
    public Task A_reply_that_does_not_collide_is_left_alone(string method) => Verify.VerifyAsync(Types + Handler(method));

    [Theory]
    [InlineData("")]
    [InlineData(", Format = typeof(JsonMessageFormat)")]
    [InlineData(", Discriminator = \"event\"")]
    public Task Other_formats_and_discriminators_are_left_alone(string options) => Verify.VerifyAsync(
        Types + $"[UpgradeProtocol(\"chat\"{options})] class Handler {{ [Message(\"a\")] public Typed Get() => null!; }}");

    [Fact]
    public Task The_naming_of_the_context_counts() => Verify.VerifyAsync(
        Types + JsonContextSource.Generated + """
        [JsonSerializable(typeof(Base))] partial class ChatJson;
        [UpgradeProtocol("chat", Format = typeof(FlatJsonMessageFormat), JsonContext = typeof(ChatJson))] class Handler { [Message("a")] public Base Get() => null!; }
        """);

    [Fact]
    public Task Pushes_are_checked_at_the_contract() => Contract.VerifyAsync(
        Types + """
        [ClientContract]
        interface IEvents
        {
            [Message("a")] ValueTask PushAsync(Base {|UPG205:pushed|});
            [Message("b")] ValueTask<Base> AskAsync(Typed typed);
            [Message("c")] ValueTask ShapeAsync(Renamed renamed);
            [Projection("chat")] static Named {|UPG205:ToNamed|}(Renamed renamed) => new(1);
        }

        [UpgradeProtocol("chat", Discriminator = "event", Client = typeof(IEvents))] class Handler;
        """);

    [Fact]
    public Task Unfinished_types_are_left_alone() => Verify.VerifyIncompleteAsync(Types + Handler("[Message(\"a\")] public Missing Get() => null!;"));

    private static string Handler(string method) => $$"""
        [UpgradeProtocol("chat", Format = typeof(FlatJsonMessageFormat))]
        class Handler
        {
            {{method}}
        }
        """;
}
