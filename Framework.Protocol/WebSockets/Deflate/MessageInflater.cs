using System.Buffers;

namespace UpgradeProtocols;

/// <summary>
/// Inflates the peer's compressed messages (RFC 7692 §7.2.2). Between messages it holds nothing or, with context takeover, the last
/// inflated bytes, as many as the peer's window has; the tables are in a decoder that is borrowed for each message.
/// </summary>
internal sealed class MessageInflater(
    DeflateAgreement agreement, ArrayPool<byte>? pool = null, WebSocketRole role = WebSocketRole.Server) : IDisposable
{
    // One idle decoder per thread is enough: the messages of one read are inflated one after another.
    [ThreadStatic]
    private static InflateDecoder? s_idle;

    private readonly ArrayPool<byte> _pool = pool ?? BufferPool<byte>.Shared;
    private readonly DeflateWindow _window = agreement.WindowOf(role == WebSocketRole.Server ? WebSocketRole.Client : WebSocketRole.Server);
    private InflateDecoder? _decoder;
    private byte[] _history = [];
    private int _historyLength;

    private ReadOnlySpan<byte> History => _history.AsSpan(0, _historyLength);

    /// <summary>Inflates a piece of a message. After any result except <see cref="InflateResult.Done"/> no piece may follow.</summary>
    public InflateResult Inflate(ReadOnlySpan<byte> piece, MessageBuffer output, int limit)
    {
        _decoder ??= Borrow();
        return _decoder.Decode(piece, output, History, limit);
    }

    /// <summary>Ends a message; the message is corrupt if a block has begun and not ended.</summary>
    public InflateResult End(MessageBuffer output)
    {
        // Some senders compress an empty message to no bytes at all.
        var isWhole = _decoder?.MayEndHere ?? true;
        GiveBackDecoder();
        if (!isWhole)
        {
            return InflateResult.Corrupt;
        }

        if (_window.HasContextTakeover)
        {
            Keep(output.Span);
        }

        return InflateResult.Done;
    }

    public void Dispose()
    {
        GiveBackDecoder();
        if (_history.Length > 0)
        {
            _pool.Return(_history);
        }

        _history = [];
        _historyLength = 0;
    }

    private static InflateDecoder Borrow()
    {
        var decoder = s_idle ?? new InflateDecoder();
        s_idle = null;
        decoder.Reset();
        return decoder;
    }

    private void GiveBackDecoder()
    {
        s_idle = _decoder ?? s_idle;
        _decoder = null;
    }

    private void Keep(ReadOnlySpan<byte> message)
    {
        if (message.Length > _window.Size)
        {
            message = message[^_window.Size..];
        }

        var old = Math.Min(_historyLength, _window.Size - message.Length);
        MakeRoom(old + message.Length);
        History[^old..].CopyTo(_history);
        message.CopyTo(_history.AsSpan(old));
        _historyLength = old + message.Length;
    }

    /// <summary>The history grows with the received data, up to the window.</summary>
    private void MakeRoom(int size)
    {
        if (size <= _history.Length)
        {
            return;
        }

        var larger = _pool.Rent(Math.Min(_window.Size, Math.Max(size, 2 * _history.Length)));
        History.CopyTo(larger);
        if (_history.Length > 0)
        {
            _pool.Return(_history);
        }

        _history = larger;
    }
}
