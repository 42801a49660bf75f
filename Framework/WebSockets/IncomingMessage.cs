using System.Buffers;

namespace UpgradeProtocols;

/// <summary>
/// A message that doesn't come in one piece, or comes compressed: unmasked, inflated and checked as it arrives, so that a bad
/// one is refused with the piece that spoils it (W5, D4).
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

    /// <summary>The payload bytes of the frames that have begun, as their heads say.</summary>
    public long Announced { get; private set; }

    /// <summary>What is still to come of the frame's payload.</summary>
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

    /// <summary>Takes a piece of the frame's payload. A compressed one is unmasked where it lies.</summary>
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

    /// <summary>Gives the bytes back.</summary>
    public void Release() => _buffer.Release();

    public void Dispose()
    {
        Release();
        inflater?.Dispose();
    }

    /// <summary>What was inflated comes before what stopped the inflater, so that cuts make no difference.</summary>
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
