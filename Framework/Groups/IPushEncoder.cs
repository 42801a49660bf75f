using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>Writes a message for many connections in the format of each of their protocols.</summary>
internal interface IPushEncoder
{
    /// <summary>Writes the message in a protocol's format.</summary>
    /// <param name="protocol">The protocol.</param>
    /// <param name="isUntranslatable">Whether the protocol has the message, but there is no encoding for it.</param>
    /// <returns>The message, which the caller releases; null where the protocol doesn't have it.</returns>
    SharedMessage? Encode(ProtocolEntry protocol, out bool isUntranslatable);
}
