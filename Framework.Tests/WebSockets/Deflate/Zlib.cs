using System.IO.Compression;

namespace UpgradeProtocols.Tests.WebSockets;

/// <summary>The other side of permessage-deflate with System.IO.Compression: one stream for all messages of a connection.</summary>
internal static class Zlib
{
    /// <summary>A sender with context takeover: each message ends with a flush whose tail is removed.</summary>
    public sealed class Sender(CompressionLevel level = CompressionLevel.Optimal, ZLibCompressionOptions? options = null) : IDisposable
    {
        private readonly MemoryStream _written = new();
        private DeflateStream? _deflate;

        public byte[] Compress(byte[] message, int flushEvery = int.MaxValue)
        {
            _deflate ??= options is null ? new DeflateStream(_written, level, leaveOpen: true) : new DeflateStream(_written, options, leaveOpen: true);
            var start = (int)_written.Length;
            for (var at = 0; at < message.Length; at += Math.Min(flushEvery, message.Length - at))
            {
                _deflate.Write(message.AsSpan(at, Math.Min(flushEvery, message.Length - at)));
                _deflate.Flush();
            }

            var compressed = _written.ToArray()[start..];
            return compressed.Length == 0 ? [0x00] : compressed[..^4];
        }

        public void Dispose()
        {
            _deflate?.Dispose();
            _written.Dispose();
        }
    }

    /// <summary>A receiver with context takeover. A new instance per message is a receiver without it.</summary>
    public sealed class Receiver : IDisposable
    {
        private readonly Feed _feed = new();
        private readonly DeflateStream _inflate;

        public Receiver() => _inflate = new DeflateStream(_feed, CompressionMode.Decompress);

        public byte[] Inflate(ReadOnlySpan<byte> compressed)
        {
            _feed.Add([.. compressed, 0x00, 0x00, 0xFF, 0xFF]);
            var message = new MemoryStream();
            var chunk = new byte[4096];
            for (int read; (read = _inflate.Read(chunk)) > 0;)
            {
                message.Write(chunk, 0, read);
            }

            return message.ToArray();
        }

        public void Dispose()
        {
            _inflate.Dispose();
            _feed.Dispose();
        }
    }

    /// <summary>Returns the added bytes and then 0. At 0, a DeflateStream returns its output and may be read again.</summary>
    private sealed class Feed : Stream
    {
        private readonly Queue<byte> _bytes = [];

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public void Add(byte[] bytes) => Array.ForEach(bytes, _bytes.Enqueue);

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = 0;
            for (; read < count && _bytes.Count > 0; read++)
            {
                buffer[offset + read] = _bytes.Dequeue();
            }

            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
