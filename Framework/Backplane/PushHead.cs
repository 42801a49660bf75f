using System.Text;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>The properties of another node's push that decide how it is treated while it waits.</summary>
/// <param name="Policy">Its own policy, otherwise that of the contract's protocols.</param>
/// <param name="Key">Its key, if a newer push may replace it.</param>
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

/// <summary>The key of a waiting push.</summary>
/// <param name="ConnectionId">The connection that gets the push, if it is for a single one.</param>
/// <param name="Key">The message and the key's text.</param>
internal readonly record struct WaitingKey(string? ConnectionId, NeutralPushKey Key);
