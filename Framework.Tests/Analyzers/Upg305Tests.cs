using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg305Tests
{
    [Fact]
    public Task A_member_that_does_not_exist_is_reported_at_LatestByKey() => VerifyAsync(
        "[Message(\"price\", LatestByKey = {|#0:\"Ticker\"|})] ValueTask PriceAsync(Price price);",
        Verify.At(0, "UPG305", "LatestByKey of 'IEvents.PriceAsync' names 'Ticker', which is not a readable member of 'Price': use nameof(Price.…)"));

    [Theory]
    [InlineData("[Message(\"a\", LatestByKey = {|UPG305:\"\"|})] ValueTask MAsync(Price price);")]
    [InlineData("[Message(\"a\", LatestByKey = {|UPG305:\"symbol\"|})] ValueTask MAsync(Price price);")]
    [InlineData("[Message(\"a\", LatestByKey = {|UPG305:\"Hidden\"|})] ValueTask MAsync(Price price);")]
    [InlineData("[Message(\"a\", LatestByKey = {|UPG305:nameof(Price.Common)|})] ValueTask MAsync(Price price);")]
    [InlineData("[Message(\"a\", LatestByKey = {|UPG305:nameof(Price.Only)|})] ValueTask MAsync(Price price);")]
    [InlineData("[Message(\"a\", LatestByKey = {|UPG305:\"Compute\"|})] ValueTask MAsync(Price price);")]
    [InlineData("[Message(\"a\", LatestByKey = {|UPG305:nameof(Price.Bytes)|})] ValueTask MAsync(Price price);")]
    [InlineData("[Message(\"a\", LatestByKey = {|UPG305:nameof(Price.Plain)|})] ValueTask MAsync(Price price);")]
    [InlineData("[Message(\"a\", LatestByKey = {|UPG305:\"Symbol\"|})] ValueTask MAsync(CancellationToken ct);")]
    [InlineData("[Message(\"a\", LatestByKey = {|UPG305:\"Length\"|})] ValueTask MAsync(int[] numbers);")]
    [InlineData("[Message(\"a\", LatestByKey = {|UPG305:nameof(Price.Symbol)|})] ValueTask<int> MAsync(Price price);")]
    public Task A_member_that_cannot_be_a_key_is_reported(string method) => VerifyAsync(method);

    [Theory]
    [InlineData("[Message(\"a\", LatestByKey = nameof(Price.Symbol))] ValueTask MAsync(Price price);")]
    [InlineData("[Message(\"a\", LatestByKey = nameof(Price.Symbol))] ValueTask<SendResult> MAsync(Price? price, CancellationToken ct);")]
    [InlineData("[Message(\"a\", LatestByKey = nameof(Price.Field))] ValueTask MAsync(Price price);")]
    [InlineData("[Message(\"a\", LatestByKey = nameof(Price.Key))] ValueTask MAsync(Price price);")]
    [InlineData("[Message(\"a\", LatestByKey = nameof(Base.Inherited))] ValueTask MAsync(Price price);")]
    [InlineData("[Message(\"a\", LatestByKey = nameof(Place.X))] ValueTask MAsync(Place? place);")]
    [InlineData("[Message(\"a\", LatestByKey = null)] ValueTask MAsync(Price price);")]
    [InlineData("[Message(\"a\")] ValueTask MAsync(Price price);")]
    public Task Valid_keys_are_left_alone(string method) => VerifyAsync(method);

    [Fact]
    public Task A_policy_on_a_request_is_reported() => VerifyAsync(
        "[Message(\"a\", SlowConsumer = {|UPG301:SlowConsumerPolicy.Wait|})] ValueTask<int> MAsync(Price price);");

    [Fact]
    public Task The_attribute_of_another_library_is_left_alone() => Verify.VerifyAsync(
        """
        namespace Other
        {
            class MessageAttribute(string name) : Attribute { public string? LatestByKey { get; set; } public string Name => name; }
            interface IEvents { [Message("a", LatestByKey = "Nothing")] ValueTask MAsync(string text); }
        }
        """);

    [Theory]
    [InlineData("[Message(\"a\", LatestByKey = nameof(Price.Missing))] ValueTask MAsync(Price price);")]
    [InlineData("[Message(\"a\", LatestByKey = )] ValueTask MAsync(Price price);")]
    [InlineData("[Message(\"a\", LatestByKey = \"X\")] ValueTask MAsync(Missing price);")]
    [InlineData("[Message(\"a\", LatestByKey = nameof(Price.")]
    public Task Unfinished_code_is_left_alone(string method) => Verify.VerifyIncompleteAsync(Source(method));

    private static Task VerifyAsync(string method, params Microsoft.CodeAnalysis.Testing.DiagnosticResult[] expected) =>
        Verify.VerifyAsync(Source(method), expected);

    private static string Source(string method) =>
        $$"""
        public class Base { public int Inherited { get; set; } }

        public class Price : Base
        {
            public string Symbol { get; set; } = "";
            public string Field = "";
            public (string, int) Key => (Symbol, Inherited);
            public static string Common => "";
            public string Only { set { } }
            public byte[] Bytes => [];
            public Base Plain => this;
            public string Compute() => Hidden;
            private string Hidden => "";
        }

        public readonly record struct Place(int X);

        [ClientContract]
        public interface IEvents
        {
            {{method}}
        }
        """;
}
