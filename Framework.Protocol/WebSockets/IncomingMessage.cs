using System.Buffers;

namespace UpgradeProtocols;

/// <summary>
/// A message that arrives in several pieces or compressed. It is unmasked, inflated and checked as it arrives, so that the first invalid
/// piece is refused (W5, D4).
/// </summary>
internal sealed class IncomingMessage(int maxSize, MessageInflater? inflater, ArrayPool<byte> pool) : IDisposable
{
    private readonly MessageBuffer _buffer = new(pool);
    private Utf8Progress _utf8;
    private uint _key;

    public enum Verdict
    {
        Fine,
        NotUtf8,
        NotDeflate,
        TooLarge,
    }

    public MessageKind Kind { get; private set; }

    public bool IsCompressed { get; private set; }

    /// <summary>The total payload size of the frames that have begun, according to their headers.</summary>
    public long Announced { get; private set; }

    /// <summary>The number of payload bytes that the current frame still lacks.</summary>
    public long Missing { get; private set; }

    public bool IsInLastFrame { get; private set; }

    public ReadOnlyMemory<byte> Memory => _buffer.Memory;

    public void Begin(MessageKind kind, bool compressed)
    {
        Kind = kind;
        IsCompressed = compressed;
        Announced = 0;
        _utf8 = default;
    }

    public void BeginFrame(long length, bool isLast, uint key)
    {
        Announced += length;
        Missing = length;
        IsInLastFrame = isLast;
        _key = key;
    }

    /// <summary>Takes a piece of the frame's payload. A compressed piece is unmasked in place.</summary>
    public Verdict Append(Span<byte> masked)
    {
        Missing -= masked.Length;
        var before = _buffer.Length;
        if (IsCompressed)
        {
            _key = FrameMask.Apply(masked, _key);
            return Check(inflater!.Inflate(masked, _buffer, maxSize), before);
        }

        _key = FrameMask.Apply(masked, _buffer.GetSpan(masked.Length), _key);
        _buffer.Advance(masked.Length);
        return Check(InflateResult.Done, before);
    }

    public Verdict End()
    {
        if (IsCompressed && inflater!.End(_buffer) != InflateResult.Done)
        {
            return Verdict.NotDeflate;
        }

        return _utf8.IsComplete ? Verdict.Fine : Verdict.NotUtf8;
    }

    /// <summary>Returns the buffer's memory.</summary>
    public void Release() => _buffer.Release();

    public void Dispose()
    {
        Release();
        inflater?.Dispose();
    }

    /// <summary>
    /// Checks the inflated bytes before the inflater's error, so that the result doesn't depend on how the message is split.
    /// </summary>
    private Verdict Check(InflateResult result, int before)
    {
        if (Kind == MessageKind.Text && !_utf8.Append(_buffer.Span[before..]))
        {
            return Verdict.NotUtf8;
        }

        return result switch
        {
            InflateResult.Corrupt => Verdict.NotDeflate,
            InflateResult.TooLarge => Verdict.TooLarge,
            _ => Verdict.Fine,
        };
    }
}
