using Microsoft.CodeAnalysis.Testing;
using Across = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.ProjectionAnalyzer>;
using Payload = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.ContractPayloadAnalyzer>;
using Stray = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.StrayAttributeAnalyzer>;
using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg306Tests
{
    [Fact]
    public Task A_payload_that_no_message_has_is_reported() => VerifyAsync(
        "[Projection(\"chat.v1\")] static SaidV1 {|#0:ToV1|}(Joined joined) => new(joined.Name);",
        Verify.At(0, "UPG306", "The projection 'IEvents.ToV1' takes 'Joined', which no message of 'IEvents' has: take the payload of a message"));

    [Theory]
    [InlineData("[Projection(\"chat.v1\")] SaidV1 {|UPG306:ToV1|}(Said said);")]
    [InlineData("[Projection(\"chat.v1\")] SaidV1 {|UPG306:ToV1|}(Said said) => new(said.Text);")]
    [InlineData("[Projection(\"chat.v1\")] static abstract SaidV1 {|UPG306:ToV1|}(Said said);")]
    [InlineData("[Projection(\"chat.v1\")] static virtual SaidV1 {|UPG306:ToV1|}(Said said) => new(said.Text);")]
    [InlineData("[Projection(\"chat.v1\")] static SaidV1 {|UPG306:ToV1|}<T>(Said said) => new(said.Text);")]
    [InlineData("[Projection(\"chat.v1\")] private static SaidV1 {|UPG306:ToV1|}(Said said) => new(said.Text);")]
    [InlineData("[Projection(\"chat.v1\")] static SaidV1 {|UPG306:ToV1|}() => new(\"\");")]
    [InlineData("[Projection(\"chat.v1\")] static SaidV1 {|UPG306:ToV1|}(in Said said) => new(said.Text);")]
    [InlineData("[Projection(\"chat.v1\")] static SaidV1 {|UPG306:ToV1|}(Said said, int more) => new(said.Text);")]
    [InlineData("[Projection(\"chat.v1\")] static void {|UPG306:ToV1|}(Said said) { }")]
    [InlineData("[Projection(\"chat.v1\")] static ValueTask<SaidV1> {|UPG306:ToV1|}(Said said) => new(new SaidV1(said.Text));")]
    [InlineData("[Projection(\"chat.v1\")] static Action {|UPG203:ToV1|}(Said said) => () => { };")]
    [InlineData("[Projection] static SaidV1 {|UPG306:ToV1|}(Said said) => new(said.Text);")]
    [InlineData("[Projection(\"\")] static SaidV1 {|UPG306:ToV1|}(Said said) => new(said.Text);")]
    [InlineData("[Projection(\"a\", \"b\")] static SaidV1 One(Said said) => new(said.Text); [Projection(\"b\")] static SaidV1 {|UPG306:Two|}(Said said) => new(said.Text);")]
    [InlineData("[Message(\"left\")] ValueTask LeftAsync(Joined? left); [Projection(\"chat.v1\")] static SaidV1 {|UPG306:ToV1|}(Joined left) => new(left.Name);")]
    public Task A_projection_that_cannot_be_applied_is_reported(string members) => VerifyAsync(members);

    [Theory]
    [InlineData("[Projection(\"chat.v1\", \"chat.v2\")] static SaidV1 ToV1(Said said) => new(said.Text);")]
    [InlineData("[Projection(\"chat.v1\")] static string ToV1(Said said) => said.Text; [Projection(\"chat.v2\")] static SaidV1 ToV2(Said said) => new(said.Text);")]
    [InlineData("[Projection(\"chat.v1\")] internal static ReadOnlyMemory<byte> ToV1(Said said) => default;")]
    [InlineData("[Message(\"left\")] ValueTask LeftAsync(Joined? left); [Projection(\"chat.v1\")] static SaidV1? ToV1(Joined? left) => null;")]
    [InlineData("static SaidV1 ToV1(Joined joined) => new(joined.Name);")]
    public Task Valid_projections_and_other_static_methods_are_left_alone(string members) => VerifyAsync(members);

    [Fact]
    public Task A_projection_of_a_base_interface_counts() => Verify.VerifyAsync(
        Types + """
        public interface IBase { [Projection("chat.v1")] static SaidV1 ToV1(Said said) => new(said.Text); }
        [ClientContract] public interface IEvents : IBase { [Message("said")] ValueTask SaidAsync(Said said); }
        """);

    [Fact]
    public Task The_attribute_of_another_library_is_left_alone() => Verify.VerifyAsync(
        Types + """
        namespace Other
        {
            class ProjectionAttribute(string name) : Attribute { public string Name => name; }
            [ClientContract] interface IEvents { [Message("said")] ValueTask SaidAsync(Said said); [Projection("a")] static void Nothing() { } }
        }
        """);

    [Theory]
    [InlineData("[Projection(\"chat.v1\")] static Missing ToV1(Said said) => null!;")]
    [InlineData("[Projection(\"chat.v1\")] static SaidV1 ToV1(Missing said) => null!;")]
    [InlineData("[Projection(\"chat.v1\")] static SaidV1 ToV1(")]
    [InlineData("[Projection(nameof(Missing))] static SaidV1 ToV1(Said said) => new(said.Text);")]
    [InlineData("[Projection(")]
    public Task Unfinished_code_is_left_alone(string members) => Verify.VerifyIncompleteAsync(Source(members));

    [Fact]
    public Task A_protocol_that_does_not_have_the_contract_is_reported() => Across.VerifyAsync(
        Types + """
        [ClientContract]
        interface IEvents
        {
            [Message("said")] ValueTask SaidAsync(Said said);
            [{|#0:Projection("chat.v0", "chat.v1")|}] static SaidV1 ToV1(Said said) => new(said.Text);
        }

        [UpgradeProtocol("chat.v1", Client = typeof(IEvents))]
        [UpgradeProtocol("chat.v2", Client = typeof(IEvents))]
        [UpgradeProtocol("chat.v0")]
        class Handler;
        """,
        Across.At(0, "UPG306", "The projection 'IEvents.ToV1' is for 'chat.v0', which is not a protocol with the Client 'IEvents': use one of 'chat.v1', 'chat.v2'"));

    [Fact]
    public Task A_public_contract_may_be_named_elsewhere_and_an_unnamed_one_has_its_own_rule() => Across.VerifyAsync(
        Types + """
        [ClientContract]
        public interface IEvents
        {
            [Message("said")] ValueTask SaidAsync(Said said);
            [Projection("chat.v0")] static SaidV1 ToV1(Said said) => new(said.Text);
        }

        [ClientContract]
        interface INobodys
        {
            [Message("said")] ValueTask SaidAsync(Said said);
            [Projection("chat.v0")] static SaidV1 ToV1(Said said) => new(said.Text);
        }

        [UpgradeProtocol("chat.v1", Client = typeof(IEvents))] class Handler;
        """);

    [Fact]
    public Task The_context_of_a_protocol_must_know_the_shape_that_it_gets() => Payload.VerifyAsync(
        JsonContextSource.Generated + Types + """
        [JsonSerializable(typeof(string))] partial class ChatJson;

        [ClientContract]
        interface IEvents
        {
            [Message("said")] ValueTask SaidAsync(Said said);
            [Projection("chat.v1")] static SaidV1 {|#0:ToV1|}(Said said) => new(said.Text);
        }

        [UpgradeProtocol("chat.v1", JsonContext = typeof(ChatJson), Client = typeof(IEvents))] class V1;
        """,
        Payload.At(0, "UPG201", "'SaidV1' is not in 'ChatJson': add [JsonSerializable(typeof(SaidV1))] to it"));

    [Fact]
    public Task A_projection_outside_a_contract_has_no_effect() => Stray.VerifyAsync(
        Types + "class Other { [{|UPG106:Projection(\"a\")|}] public static SaidV1 ToV1(Said said) => new(said.Text); }");

    private const string Types = """
        public record Said(string Text);
        public record SaidV1(string Text);
        public record Joined(string Name);

        """;

    private static Task VerifyAsync(string members, params DiagnosticResult[] expected) => Verify.VerifyAsync(Source(members), expected);

    private static string Source(string members) => Types + $$"""
        [ClientContract]
        public interface IEvents
        {
            [Message("said")] ValueTask SaidAsync(Said said);
            {{members}}
        }
        """;
}
