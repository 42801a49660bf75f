using System.Text;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>What a push of another node says of itself that decides what becomes of it while it waits.</summary>
/// <param name="Policy">Its own policy, else that of the contract's protocols.</param>
/// <param name="Key">What it is about, if a newer one may take its place.</param>
internal readonly record struct PushHead(SlowConsumerPolicy Policy, WaitingKey? Key)
{
    public static PushHead Read(FieldReader fields, DeclaredProtocols protocols)
    {
        SlowConsumerPolicy? policy = null;
        string? connection = null, text = null;
        ReadOnlySpan<byte> contract = default, name = default;
        var method = 0;
        while (fields.TryRead(out var tag, out var value))
        {
            switch (tag)
            {
                case NeutralPush.ConnectionField:
                    connection = Encoding.UTF8.GetString(value);
                    break;
                case NeutralPush.ContractField:
                    contract = value;
                    break;
                case NeutralPush.NameField:
                    name = value;
                    break;
                case NeutralPush.TagField:
                    method = (int)NodeMessage.Number(value);
                    break;
                case NeutralPush.SlowConsumerField:
                    policy = (SlowConsumerPolicy)NodeMessage.Number(value);
                    break;
                case NeutralPush.KeyField:
                    text = Encoding.UTF8.GetString(value);
                    break;
            }
        }

        return new PushHead(
            policy ?? protocols.PolicyOf(contract),
            text is null ? null : new WaitingKey(connection, NeutralPushKey.Of(contract, name, method, text)));
    }
}

/// <summary>What a waiting push is about.</summary>
/// <param name="ConnectionId">The connection that it is for, if it is for one.</param>
/// <param name="Key">The message and the key's text.</param>
internal readonly record struct WaitingKey(string? ConnectionId, NeutralPushKey Key);
