using System.Buffers;
using System.IO.Compression;

namespace UpgradeProtocols;

/// <summary>
/// Writes the messages of one side, compressed if that is agreed and useful (RFC 7692 §7.2.1). Without context takeover it holds nothing
/// between messages. Messages must be written in the order in which the peer receives them.
/// </summary>
internal sealed class MessageDeflater(
    DeflateAgreement agreement, DeflateOptions options, ArrayPool<byte>? pool = null, WebSocketRole role = WebSocketRole.Server) : IDisposable
{
    private readonly DeflateWindow _window = agreement.WindowOf(role);
    private readonly MessageBuffer _compressed = new(pool ?? BufferPool<byte>.Shared);
    private DeflateStream? _context;
    private bool _contextRefused;
    private bool _disposed;

    /// <summary>Writes a message as one frame.</summary>
    public void WriteMessage(IBufferWriter<byte> output, MessageKind kind, ReadOnlySpan<byte> message)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (message.Length < options.MinimumSize || !_window.Fits(message.Length))
        {
            FrameWriter.WriteMessage(output, kind, message, compressed: false, role);
            return;
        }

        var compressed = Compress(message);

        // A message that has passed through a context must be sent compressed: the peer's window has to follow.
        var useful = _context is not null || compressed.Length < message.Length;
        FrameWriter.WriteMessage(output, kind, useful ? compressed : message, useful, role);
        _compressed.Release();
    }

    // A smaller window than that of .NET's deflater allows no context.
    private bool UsesContext =>
        _window is { HasContextTakeover: true, Bits: DeflateAgreement.MaxWindowBits } && (role == WebSocketRole.Server || options.ContextTakeover);

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (_context is not null)
        {
            _context.Dispose();
            options.ContextLimit?.Exit();
        }

        _compressed.Release();
    }

    private ReadOnlySpan<byte> Compress(ReadOnlySpan<byte> message)
    {
        if (!HasContext())
        {
            return DeflateOnce.Compress(message, options.Level, _compressed);
        }

        _context!.Write(message);
        _context.Flush();
        var length = DeflateOnce.Finish(_compressed);
        return _compressed.Span[..length];
    }

    /// <summary>
    /// A context is created when it is first needed. If the limit allows no more contexts, each message is compressed on its own, which
    /// agreed takeover permits (RFC 7692 §7.1.1.1).
    /// </summary>
    private bool HasContext()
    {
        if (_context is not null || _contextRefused || !UsesContext)
        {
            return _context is not null;
        }

        _contextRefused = options.ContextLimit?.TryEnter() == false;
        if (!_contextRefused)
        {
            try
            {
                _context = new DeflateStream(new CompressedSink(_compressed), options.Level, leaveOpen: true);
            }
            catch
            {
                options.ContextLimit?.Exit();
                throw;
            }
        }

        return _context is not null;
    }
}
