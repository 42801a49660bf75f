using System.Buffers;

namespace UpgradeProtocols;

/// <summary>
/// Follows the frames of a peer whose messages aren't read any more, only to see its Close go by. A frame that breaks the protocol
/// has a length all the same; where it has none, no Close can be told from other bytes.
/// </summary>
/// <param name="rest">How many bytes of the frame that it is in are still to come.</param>
internal sealed class DiscardedFrames(long rest)
{
    /// <summary>After the Close.</summary>
    public static readonly DiscardedFrames Closed = new(rest: 0) { HasClose = true };

    private readonly byte[] _head = new byte[FrameHeader.MaxSize];
    private int _headSize;
    private long _rest = rest;
    private bool _isClose;
    private bool _isLost;

    /// <summary>Whether the whole of a Close has gone by.</summary>
    public bool HasClose { get; private set; }

    public void Take(in ReadOnlySequence<byte> bytes)
    {
        foreach (var piece in bytes)
        {
            Take(piece.Span);
        }
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && !HasClose && !_isLost)
        {
            if (_rest > 0)
            {
                var taken = (int)Math.Min(_rest, bytes.Length);
                bytes = bytes[taken..];
                _rest -= taken;
            }
            else
            {
                _head[_headSize++] = bytes[0];
                bytes = bytes[1..];
                EndHead();
            }

            HasClose = _isClose && _rest == 0;
        }
    }

    private void EndHead()
    {
        if (_headSize < 2)
        {
            return;
        }

        var header = new FrameHeader(_head[0], _head[1]);
        if (!header.TryReadLength(_head.AsSpan(0, _headSize), out var length, out _))
        {
            return;
        }

        _headSize = 0;
        _isLost = length < 0;
        _isClose = header.Opcode == Opcode.Close;
        _rest = length + header.KeyLength;
    }
}
