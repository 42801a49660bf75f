using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>The streams that the peer has requested and that haven't ended, by their ids. Created with the first stream.</summary>
internal sealed class OutgoingStreams(Conversation conversation)
{
    private readonly ConcurrentDictionary<string, MessageStream> _streams = new();

    /// <summary>Whether as many streams run as may.</summary>
    public bool IsFull => _streams.Count >= conversation.Options.MaxConcurrentStreams;

    /// <summary>Opens a stream; returns whether its id is free.</summary>
    public bool TryOpen(ReadOnlySpan<byte> id, [NotNullWhen(true)] out MessageStream? stream)
    {
        stream = new MessageStream(id.ToArray(), conversation, _streams);
        if (_streams.TryAdd(stream.Key, stream) || IsFreeMeanwhile(stream))
        {
            return true;
        }

        stream.Dispose();
        stream = null;
        return false;
    }

    /// <summary>The peer cancels a stream; returns whether it runs.</summary>
    public bool TryCancel(ReadOnlySpan<byte> id)
    {
        // From now on the peer may reuse the id, though the method may take some time to end.
        if (!_streams.TryRemove(MessageStream.KeyOf(id), out var stream))
        {
            return false;
        }

        stream.Cancel();
        return true;
    }

    /// <summary>The connection has ended.</summary>
    public void CancelAll()
    {
        foreach (var stream in _streams.Values)
        {
            stream.Cancel();
        }
    }

    // The previous stream with this id has sent its end to the peer, and is about to release the id.
    private bool IsFreeMeanwhile(MessageStream opened)
    {
        if (_streams.TryGetValue(opened.Key, out var before))
        {
            before.WaitForSending();
        }

        return _streams.TryAdd(opened.Key, opened);
    }
}
