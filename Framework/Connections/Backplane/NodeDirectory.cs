using System.Collections.Concurrent;

namespace UpgradeProtocols;

/// <summary>Which other nodes are alive: those that were heard of a short while ago.</summary>
internal sealed class NodeDirectory(BackplaneOptions options)
{
    private readonly ConcurrentDictionary<NodeId, long> _heard = new();

    public int Count => _heard.Count;

    public bool Contains(NodeId node) => _heard.ContainsKey(node);

    /// <summary>The nodes as of now.</summary>
    public NodeId[] ToArray() => [.. _heard.Keys];

    public void Heard(NodeId node, long now) => _heard[node] = now;

    public bool Forget(NodeId node) => _heard.TryRemove(node, out _);

    /// <summary>Forgets those that have been silent for too long, and tells which.</summary>
    public List<NodeId>? Expire(long now)
    {
        List<NodeId>? gone = null;
        foreach (var (node, heard) in _heard)
        {
            if (now - heard >= options.NodeTimeout.TotalMilliseconds && _heard.TryRemove(KeyValuePair.Create(node, heard)))
            {
                (gone ??= []).Add(node);
            }
        }

        return gone;
    }
}
