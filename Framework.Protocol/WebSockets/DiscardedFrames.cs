using System.Buffers;

namespace UpgradeProtocols;

/// <summary>
/// Follows the frames of a peer whose messages aren't read any more, only to detect its Close. A frame that violates the protocol still has
/// a length; without a length, a Close can't be distinguished from other bytes.
/// </summary>
/// <param name="rest">The number of bytes that the current frame still lacks.</param>
internal sealed class DiscardedFrames(long rest)
{
    /// <summary>The state after a Close.</summary>
    public static readonly DiscardedFrames Closed = new(rest: 0) { HasClose = true };

    private readonly byte[] _head = new byte[FrameHeader.MaxSize];
    private int _headSize;
    private long _rest = rest;
    private bool _isClose;
    private bool _isLost;

    /// <summary>Whether a whole Close has passed.</summary>
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
