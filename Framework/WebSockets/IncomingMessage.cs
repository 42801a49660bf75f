using System.Buffers;

namespace UpgradeProtocols;

/// <summary>
/// A message that doesn't come in one piece, or comes compressed: unmasked, inflated and checked as it arrives, so that a bad
/// one is refused with the piece that spoils it (W5, D4).
/// </summary>
internal sealed class IncomingMessage(int maxSize, MessageInflater? inflater, ArrayPool<byte> pool) : IDisposable
{
    private readonly MessageBuffer _buffer = new(pool);
    private bool _compressed;
    private Utf8Progress _utf8;

    public enum Verdict
    {
        Fine,
        NotUtf8,
        NotDeflate,
        TooLarge,
    }

    public MessageKind Kind { get; private set; }

    public ReadOnlyMemory<byte> Memory => _buffer.Memory;

    public void Begin(MessageKind kind, bool compressed)
    {
        Kind = kind;
        _compressed = compressed;
        _utf8 = default;
    }

    /// <summary>Takes a piece of a frame's payload, and turns the key on. A compressed piece is unmasked where it lies.</summary>
    public Verdict Append(Span<byte> masked, ref uint key)
    {
        var before = _buffer.Length;
        if (_compressed)
        {
            key = FrameMask.Apply(masked, key);
            return Check(inflater!.Inflate(masked, _buffer, maxSize), before);
        }

        key = FrameMask.Apply(masked, _buffer.GetSpan(masked.Length), key);
        _buffer.Advance(masked.Length);
        return Check(InflateResult.Done, before);
    }

    public Verdict End()
    {
        if (_compressed && inflater!.End(_buffer) != InflateResult.Done)
        {
            return Verdict.NotDeflate;
        }

        return _utf8.IsComplete ? Verdict.Fine : Verdict.NotUtf8;
    }

    /// <summary>Gives the bytes back.</summary>
    public void Release() => _buffer.Release();

    public void Dispose() => Release();

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
