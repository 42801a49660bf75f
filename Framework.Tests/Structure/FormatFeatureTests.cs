using System.Reflection;
using UpgradeProtocols.Tests.Generators;

namespace UpgradeProtocols.Tests.Structure;

/// <summary>The generator knows the features of the JSON formats without their attributes: they must be the same.</summary>
public class FormatFeatureTests
{
    [Fact]
    public void Both_JSON_formats_have_the_features_that_the_generator_assumes() => Assert.Equal(
        typeof(JsonMessageFormat).GetCustomAttribute<MessageFormatAttribute>()!.Features,
        typeof(FlatJsonMessageFormat).GetCustomAttribute<MessageFormatAttribute>()!.Features);

    // A handler that uses a feature compiles in each spelling of the format.
    [Theory]
    [InlineData("")]
    [InlineData(", Format = typeof(JsonMessageFormat)")]
    [InlineData(", Format = typeof(FlatJsonMessageFormat)")]
    [InlineData(", Format = typeof(FlatJsonMessageFormat), Discriminator = \"kind\"")]
    public void Each_feature_can_be_used(string format) => GeneratorHost.RunClean(
        $$"""
        [UpgradeProtocol("a", Path = "/"{{format}}, Client = typeof(IClient))]
        public sealed class H
        {
            [Message("a")] public int A(int x, int y) => x + y;
            [Message("b")] public IAsyncEnumerable<int> B(CancellationToken ct) => null!;
        }

        [ClientContract]
        public interface IClient
        {
            [Message("c")] ValueTask<int> C(CancellationToken ct);
        }
        """);
}
