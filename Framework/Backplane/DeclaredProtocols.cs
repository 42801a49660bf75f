using System.Text;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>
/// The protocols with a client contract that this node's code declares: for each client contract its protocols, and
/// the names by which other nodes know both.
/// </summary>
internal sealed class DeclaredProtocols
{
    private readonly Dictionary<ProtocolEntry, DeclaredProtocol> _protocols = [];
    private readonly Dictionary<Type, DeclaredContract> _contracts = [];

    public DeclaredProtocols(IEnumerable<ProtocolEntry> entries)
    {
        foreach (var entry in entries)
        {
            if (entry.ClientType is not { } type || entry.Dispatcher is not MessageDispatcher)
            {
                continue;
            }

            if (!_contracts.TryGetValue(type, out var contract))
            {
                _contracts.Add(type, contract = new DeclaredContract(NameOf(type), []));
            }

            var protocol = new DeclaredProtocol(entry, contract, Encoding.UTF8.GetBytes($"{entry.Path} {entry.Name}"));
            contract.Protocols.Add(protocol);
            _protocols.Add(entry, protocol);
        }
    }

    public DeclaredContract? Find(Type contract) => _contracts.GetValueOrDefault(contract);

    public DeclaredProtocol? Find(ProtocolEntry entry) => _protocols.GetValueOrDefault(entry);

    /// <summary>The slow-consumer policy of a contract's protocols, if they all have the same one; otherwise the policy to close.</summary>
    public SlowConsumerPolicy PolicyOf(ReadOnlySpan<byte> contract)
    {
        foreach (var (_, declared) in _contracts)
        {
            if (contract.SequenceEqual(declared.Name))
            {
                return declared.Policy;
            }
        }

        return SlowConsumerPolicy.Close;
    }

    public static byte[] NameOf(Type contract) => Encoding.UTF8.GetBytes(contract.FullName ?? contract.Name);
}

/// <summary>A client contract.</summary>
/// <param name="Name">Its type's full name in UTF-8.</param>
/// <param name="Protocols">The protocols that declare it.</param>
internal sealed record DeclaredContract(byte[] Name, List<DeclaredProtocol> Protocols)
{
    /// <summary>The slow-consumer policy of its protocols, if they all have the same one.</summary>
    public SlowConsumerPolicy Policy =>
        Protocols[0].Entry.SlowConsumer is { } policy && Protocols.TrueForAll(protocol => protocol.Entry.SlowConsumer == policy)
            ? policy
            : SlowConsumerPolicy.Close;
}

/// <summary>A protocol with messages.</summary>
/// <param name="Entry">The protocol.</param>
/// <param name="Contract">The client contract.</param>
/// <param name="Key">Its path and name in UTF-8.</param>
internal sealed record DeclaredProtocol(ProtocolEntry Entry, DeclaredContract Contract, byte[] Key);
