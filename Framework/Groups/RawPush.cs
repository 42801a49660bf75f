using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>A message that all protocols get as it is; a connection that is a pipe has no messages.</summary>
internal readonly ref struct RawPush(SharedMessage message) : IPushEncoder
{
    public SharedMessage? Encode(ProtocolEntry protocol, out bool isUntranslatable)
    {
        isUntranslatable = false;
        if (protocol.Dispatcher is PipeDispatcher)
        {
            return null;
        }

        message.AddReference();
        return message;
    }
}
