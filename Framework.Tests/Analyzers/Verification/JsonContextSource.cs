namespace UpgradeProtocols.Tests.Analyzers;

/// <summary>The code that System.Text.Json generates for the context <c>ChatJson</c>: its generator doesn't run in these tests.</summary>
internal static class JsonContextSource
{
    public const string Generated = """
        partial class ChatJson() : JsonSerializerContext(null)
        {
            public static ChatJson Default { get; } = new();
            protected override System.Text.Json.JsonSerializerOptions? GeneratedSerializerOptions => null;
            public override System.Text.Json.Serialization.Metadata.JsonTypeInfo? GetTypeInfo(Type type) => null;
        }

        """;
}
