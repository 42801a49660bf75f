using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>A push of this node for connections of this node.</summary>
internal readonly ref struct TypedPush<T>(PushMethod<T> method, Type contract, T payload) : IPushEncoder
{
    public SharedMessage? Encode(ProtocolEntry protocol, out bool isUntranslatable)
    {
        isUntranslatable = false;
        if (!method.IsIn(protocol, contract))
        {
            return null;
        }

        var output = MessageWriter.Rent();
        try
        {
            var kind = method.Write(output, protocol, payload);
            return SharedMessage.Copy(output.Written, kind, method.KeyOf(payload));
        }
        finally
        {
            output.Return();
        }
    }
}
