using System.Diagnostics.CodeAnalysis;

namespace UpgradeProtocols.Runtime;

/// <summary>A batch in progress: its frame, and the replies to its messages, which are sent as one message.</summary>
internal sealed class MessageBatch
{
    private readonly byte[] _frame;
    private readonly int _length;
    private MessageWriter? _answers;

    public MessageBatch(ReadOnlySpan<byte> frame)
    {
        _frame = BufferPool<byte>.Shared.Rent(frame.Length);
        _length = frame.Length;
        frame.CopyTo(_frame);
    }

    /// <summary>The handlers' exceptions that weren't intended as error replies.</summary>
    public List<Exception> Failures { get; } = [];

    /// <summary>The bytes of the replies so far.</summary>
    public int Length => _answers?.Length ?? 0;

    public ReadOnlySpan<byte> Frame(Range member) => _frame.AsSpan(0, _length)[member];

    public void Add(ReadOnlySpan<byte> answer)
    {
        if (_answers is null)
        {
            _answers = MessageWriter.Rent();
            _answers.WriteByte((byte)'[');
        }
        else
        {
            _answers.WriteByte((byte)',');
        }

        _answers.Write(answer);
    }

    /// <summary>Completes the array of replies and hands it over, unless there are none.</summary>
    public bool TryEnd([NotNullWhen(true)] out MessageWriter? answers)
    {
        answers = _answers;
        _answers = null;
        answers?.WriteByte((byte)']');
        return answers is not null;
    }

    public void Release()
    {
        _answers?.Return();
        _answers = null;
        BufferPool<byte>.Shared.Return(_frame);
    }
}
