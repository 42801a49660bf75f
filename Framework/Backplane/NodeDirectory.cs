using System.Collections.Concurrent;

namespace UpgradeProtocols;

/// <summary>The other nodes that are alive: those that were heard recently.</summary>
internal sealed class NodeDirectory(BackplaneOptions options)
{
    private readonly ConcurrentDictionary<NodeId, Seen> _nodes = new();

    public int Count => _nodes.Count;

    /// <summary>Whether some nodes haven't been heard since the backplane is back: published messages don't reach them yet.</summary>
    public bool IsAwaiting
    {
        get
        {
            foreach (var (_, seen) in _nodes)
            {
                if (seen.IsAwaited)
                {
                    return true;
                }
            }

            return false;
        }
    }

    public bool Contains(NodeId node) => _nodes.ContainsKey(node);

    /// <summary>The current nodes.</summary>
    public NodeId[] ToArray() => [.. _nodes.Keys];

    public void Heard(NodeId node, long now) => _nodes[node] = new Seen(now, IsAwaited: false);

    public bool Forget(NodeId node) => _nodes.TryRemove(node, out _);

    /// <summary>The backplane is back: all nodes must be heard again. Their silence during the outage doesn't count.</summary>
    public void AwaitAll(long now)
    {
        foreach (var (node, seen) in _nodes)
        {
            _nodes.TryUpdate(node, new Seen(now, IsAwaited: true), seen);
        }
    }

    /// <summary>Removes the nodes that have been silent for too long, and returns them.</summary>
    public List<NodeId>? Expire(long now)
    {
        List<NodeId>? gone = null;
        foreach (var (node, seen) in _nodes)
        {
            if (now - seen.At >= options.NodeTimeout.TotalMilliseconds && _nodes.TryRemove(KeyValuePair.Create(node, seen)))
            {
                (gone ??= []).Add(node);
            }
        }

        return gone;
    }

    private readonly record struct Seen(long At, bool IsAwaited);
}
