namespace UpgradeProtocols.Runtime;

/// <summary>Encodes the data that a <see cref="MessageException"/> carries besides its message.</summary>
internal static class MessageErrorData
{
    public static ReadOnlySpan<byte> Encode(IPayloadCodec? codec, object? data)
    {
        if (data is null || codec is null)
        {
            return default;
        }

        var output = MessageWriter.Rent();
        try
        {
            codec.WriteObject(output, data);
            return output.Written.ToArray();
        }
        finally
        {
            output.Return();
        }
    }
}
