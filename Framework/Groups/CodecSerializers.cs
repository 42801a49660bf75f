namespace UpgradeProtocols.Runtime;

/// <summary>The serializers of the messages to clients, one for each codec among the protocols that declare the contract.</summary>
/// <typeparam name="T">The payload's type.</typeparam>
/// <param name="same">The serializer where it is the same in every protocol.</param>
internal sealed class CodecSerializers<T>(PayloadSerializer<T>? same)
{
    // Few entries. The array is replaced as a whole, so that it is read without a lock.
    private Known[] _known = [];

    /// <summary>Whether one serializer serves every protocol.</summary>
    public bool AreSame => same is not null;

    public PayloadSerializer<T> For(ProtocolEntry? protocol)
    {
        if (same is not null)
        {
            return same;
        }

        ArgumentNullException.ThrowIfNull(protocol);

        foreach (var known in _known)
        {
            if (ReferenceEquals(known.Codec, protocol.Codec))
            {
                return known.Serializer;
            }
        }

        var codec = protocol.Codec ?? throw new InvalidOperationException($"{protocol.DisplayName} has no codec for {typeof(T)}.");
        var serializer = codec.GetSerializer<T>();
        _known = [.. _known, new Known(codec, serializer)];
        return serializer;
    }

    private sealed record Known(IPayloadCodec Codec, PayloadSerializer<T> Serializer);
}
