using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg203Tests
{
    [Fact]
    public Task A_ref_struct_is_reported_at_the_parameter() => Verify.VerifyAsync(
        """
        ref struct Point;

        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")] public void M(Point {|#0:point|}) { }
        }
        """,
        Verify.At(0, "UPG203", "'Point' of 'Handler.M' can't be a payload: it is a ref struct; use byte[], ReadOnlyMemory<byte>, or a class, record or struct"));

    [Theory]
    [InlineData("[Message(\"a\")] public void M(Span<byte> {|UPG203:x|}) { }")]
    [InlineData("[Message(\"a\")] public void M(ReadOnlySpan<char> {|UPG203:x|}) { }")]
    [InlineData("[Message(\"a\")] public unsafe void M(int* {|UPG203:x|}) { }")]
    [InlineData("[Message(\"a\")] public void M(Action {|UPG203:x|}) { }")]
    [InlineData("[Message(\"a\")] public Action {|UPG203:M|}() => null!;")]
    [InlineData("[Message(\"a\")] public Task<IDisposable> {|UPG203:M|}() => null!;")]
    [InlineData("[Message(\"a\")] public ReadOnlySpan<byte> {|UPG203:M|}() => default;")]
    public Task A_type_that_cannot_be_a_payload_is_reported(string code) => Verify.VerifyAsync(
        "[UpgradeProtocol(\"a\")] class Handler { " + code + " }");

    [Theory]
    [InlineData("[Message(\"a\")] public void M(ReadOnlySpan<byte> x) { }")]
    [InlineData("[Message(\"a\")] public void M(ReadOnlyMemory<byte> x) { }")]
    [InlineData("[Message(\"a\")] public void M(byte[] x) { }")]
    [InlineData("[Message(\"a\")] public void M(Dictionary<string, List<int>> x) { }")]
    [InlineData("[Message(\"a\")] public void M(System.Text.Json.Nodes.JsonNode x) { }")]
    [InlineData("[Message(\"a\")] public IReadOnlyList<int> M() => [];")]
    [InlineData("[Message(\"a\")] public object M() => \"\";")]
    [InlineData("[Message(\"a\")] public void M([FromServices] System.IO.TextReader x) { }")]
    public Task Payloads_are_left_alone(string code) => Verify.VerifyAsync(
        "[UpgradeProtocol(\"a\")] class Handler { " + code + " }");

    [Fact]
    public Task Declared_polymorphism_is_left_alone() => Verify.VerifyAsync(
        """
        [JsonDerivedType(typeof(Circle), "circle")] abstract record Shape;
        record Circle(int Radius) : Shape;

        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")] public Shape M(Shape shape) => shape;
        }
        """);

    [Fact]
    public Task An_abstract_class_with_the_attribute_of_another_namespace_is_reported() => Verify.VerifyAsync(
        """
        namespace Other
        {
            class JsonDerivedTypeAttribute : Attribute;

            [JsonDerivedType] abstract class Shape;

            [UpgradeProtocol("a")]
            class Handler
            {
                [Message("a")] public void M(Shape {|UPG203:shape|}) { }
            }
        }
        """);

    [Theory]
    [InlineData("[Message(\"a\")] public void M(Span<Missing> x) { }")]
    [InlineData("[Message(\"a\")] public void M(Missing* x) { }")]
    [InlineData("[Message(\"a\")] public Task<Missing> M() => null!;")]
    [InlineData("[Message(\"a\")] public void M(List<> x) { }")]
    public Task Unfinished_types_are_left_alone(string code) => Verify.VerifyIncompleteAsync(
        "[UpgradeProtocol(\"a\")] class Handler { " + code + " }");
}
