namespace UpgradeProtocols.Tests.Generators;

/// <summary>[UpgradeProtocolDefaults] declares the shared settings of a class's protocols once.</summary>
public class ProtocolDefaultsTests
{
    private const string Messages = """
        public record Say(string Text);
        [JsonSerializable(typeof(Say))] public sealed partial class NewJson : JsonSerializerContext;
        [JsonSerializable(typeof(Say))] public sealed partial class OldJson : JsonSerializerContext;
        [ClientContract] public interface IEvents { [Message("said")] ValueTask SaidAsync(Say said); }
        """;

    [Fact]
    public void A_protocol_uses_the_defaults_for_values_that_it_does_not_set()
    {
        var shared = Register("""
            [UpgradeProtocolDefaults(Path = "/chat", JsonContext = typeof(NewJson), Client = typeof(IEvents))]
            [UpgradeProtocol("v3")]
            [UpgradeProtocol("v2")]
            [UpgradeProtocol("v1", Path = "/old", JsonContext = typeof(OldJson))]
            """);
        var repeated = Register("""
            [UpgradeProtocol("v3", Path = "/chat", JsonContext = typeof(NewJson), Client = typeof(IEvents))]
            [UpgradeProtocol("v2", Path = "/chat", JsonContext = typeof(NewJson), Client = typeof(IEvents))]
            [UpgradeProtocol("v1", Path = "/old", JsonContext = typeof(OldJson), Client = typeof(IEvents))]
            """);

        Assert.Equal(repeated, shared);
        Assert.Contains("/chat", shared, StringComparison.Ordinal);
    }

    [Fact]
    public void A_protocol_with_a_codec_takes_no_default_context_and_vice_versa()
    {
        const string Codec = """
            public sealed class Packed : IPayloadCodec
            {
                public PayloadSerializer<T> GetSerializer<T>() => throw new NotSupportedException();
                public void WriteObject(System.Buffers.IBufferWriter<byte> output, object value) { }
            }
            """;
        var shared = Register(
            """
            [UpgradeProtocolDefaults(JsonContext = typeof(NewJson))]
            [UpgradeProtocol("json")]
            [UpgradeProtocol("packed", Codec = typeof(Packed))]
            """, Codec);
        var repeated = Register(
            """
            [UpgradeProtocol("json", JsonContext = typeof(NewJson))]
            [UpgradeProtocol("packed", Codec = typeof(Packed))]
            """, Codec);

        Assert.Equal(repeated, shared);
    }

    private static string Register(string attributes, string more = "")
    {
        var run = GeneratorHost.RunClean($$"""
            {{attributes}}
            public sealed class Handler
            {
                [Message("say")] public void SayIt(Say say) { }
            }
            {{Messages}}
            {{more}}
            """);
        return run.Text + run.Description;
    }
}
