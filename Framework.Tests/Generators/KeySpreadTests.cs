namespace UpgradeProtocols.Tests.Generators;

/// <summary>A key that is a record is read as a tuple, whose text distinguishes all values on other nodes.</summary>
public class KeySpreadTests
{
    private const string Tuple = "global::System.ValueTuple";

    [Theory]
    [InlineData("Sealed", $"By<global::App.W, {Tuple}<string, global::System.DateTime?>?>(static payload => (payload.K is {{ }} key0 ? new {Tuple}<string, global::System.DateTime?>(key0.A, key0.@event) : ")]
    [InlineData("Open?", $"new {Tuple}<string?, int, global::System.Object?>(key0.A, key0.B, (key0.GetType() == typeof(global::App.Open) ? null : (global::System.Object?)key0))")]
    [InlineData("Value", $"By<global::App.W, {Tuple}<int>>(static payload => new {Tuple}<int>(payload.K.Id)),")]
    [InlineData("Value?", $"(payload.K is {{ }} key0 ? new {Tuple}<int>(key0.Id) : default({Tuple}<int>?))")]
    [InlineData("(Value, string)", $"By<global::App.W, {Tuple}<{Tuple}<int>, string>>")]
    [InlineData("(int, string)", "By<global::App.W, (int, string)>(static payload => payload.K),")]
    [InlineData("string", "By<global::App.W, string>(static payload => payload.K),")]
    [InlineData("Own", "By<global::App.W, global::App.Own>(static payload => payload.K),")]
    [InlineData("Hiding", "By<global::App.W, global::App.Hiding>(static payload => payload.K),")]
    [InlineData("Empty", "By<global::App.W, global::App.Empty>(static payload => payload.K),")]
    public void A_record_becomes_a_tuple_of_the_members_that_it_compares(string key, string expected) => Assert.Contains(expected, Run(key), StringComparison.Ordinal);

    [Fact]
    public void A_recursive_record_ends() => Assert.Contains("LatestBy = ", Run("Node"), StringComparison.Ordinal);

    private static string Run(string key) => GeneratorHost.RunClean($$"""
        namespace App;

        public sealed record Sealed(string A, DateTime? @event);
        public record Open(string? A, int B);
        public record struct Value(int Id);
        public sealed record Node(string A, Node? Next);
        public sealed record Own(string A) { public bool Equals(Own? other) => true; public override int GetHashCode() => 0; }
        public sealed record Hiding(string A) { private readonly int _x = A.Length; public override string ToString() => $"{_x}"; }
        public sealed record Empty;
        public record W({{key}} K);

        [ClientContract]
        public interface IEvents
        {
            [Message("told", LatestByKey = nameof(W.K))]
            ValueTask ToldAsync(W told);
        }

        [UpgradeProtocol("a.v1", Client = typeof(IEvents))]
        public class Handler { [OnConnected] public void Connected() { } }
        """).Text;
}
