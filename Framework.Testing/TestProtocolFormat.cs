using System.Text;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols.Testing;

/// <summary>
/// The protocol's own format from the client's side. It reads and writes the same messages in the other direction, in any format that
/// the handler declares.
/// </summary>
internal sealed class TestProtocolFormat(ProtocolEntry entry)
{
    private static readonly ReflectionJsonCodec s_reflection = new();

    private readonly MessageDispatcher _dispatcher = (MessageDispatcher)entry.Dispatcher;

    public void Read(TestMessage message)
    {
        var envelope = default(MessageEnvelope);
        if (!_dispatcher.TryRead(message.Bytes.Span, ref envelope))
        {
            throw new InvalidOperationException(
                $"The test client can't read a message of the server. It reads with the protocol's own format, whose TryRead reads "
                + $"replies and pushes only if it is written for both ends. Take the frame with ReceiveFrameAsync(), or let TryRead read it. "
                + $"Problem: {envelope.Problem ?? "TryRead returned false."} Message: {message.Text}");
        }

        message.Envelope = envelope.Kind;
        message.Name = Encoding.UTF8.GetString(envelope.Name);
        message.Id = Encoding.UTF8.GetString(envelope.Id);
        message.ErrorCode = envelope.ErrorCode;
        message.ErrorMessage = envelope.ErrorMessage;
        message.PayloadBytes = envelope.Payload.ToArray();
    }

    public (byte[] Bytes, MessageKind Kind) Write(EnvelopeKind kind, string name, string id, object? payload)
    {
        var output = MessageWriter.Rent();
        try
        {
            var header = new MessageHeader { Kind = kind, Name = Encoding.UTF8.GetBytes(name), Id = Encoding.UTF8.GetBytes(id) };
            _dispatcher.WriteStart(output, header);
            var written = kind == EnvelopeKind.Complete ? MessageKind.Text : WritePayload(output, payload);
            _dispatcher.WriteEnd(output, header);
            return (output.Written.ToArray(), _dispatcher.FormatKind ?? written);
        }
        finally
        {
            output.Return();
        }
    }

    /// <summary>Returns the id of a client request.</summary>
    public string RequestId(long number)
    {
        Span<byte> id = stackalloc byte[64];
        return Encoding.UTF8.GetString(id[.._dispatcher.FormatRequestId(number, id)]);
    }

    public T ReadPayload<T>(ReadOnlySpan<byte> payload)
    {
        if (typeof(T) == typeof(string) && _dispatcher.FormatKind is null)
        {
            return (T)(object)Encoding.UTF8.GetString(payload);
        }

        if (typeof(T) == typeof(byte[]))
        {
            return (T)(object)payload.ToArray();
        }

        return Serializer<T>().Read(payload) ?? throw new InvalidOperationException("The payload is null.");
    }

    private MessageKind WritePayload(MessageWriter output, object? payload)
    {
        switch (payload)
        {
            case null:
                _dispatcher.WriteNoPayload(output);
                return MessageKind.Text;
            case byte[] bytes:
                output.Write(bytes);
                return MessageKind.Binary;
            case string text when _dispatcher.FormatKind is null:
                output.Write(Encoding.UTF8.GetBytes(text));
                return MessageKind.Text;
            default:
                WriteObject(output, payload);
                return MessageKind.Text;
        }
    }

    // A test may send a type that the protocol's context doesn't have: an anonymous object, or an intentionally wrong payload.
    private void WriteObject(MessageWriter output, object payload)
    {
        var start = output.Length;
        if (entry.Codec is { } codec)
        {
            try
            {
                codec.WriteObject(output, payload);
                return;
            }
            catch (Exception e) when (e is InvalidOperationException or NotSupportedException)
            {
                output.Truncate(start);
            }
        }

        s_reflection.WriteObject(output, payload);
    }

    private PayloadSerializer<T> Serializer<T>()
    {
        try
        {
            return (entry.Codec ?? s_reflection).GetSerializer<T>();
        }
        catch (Exception e) when (e is InvalidOperationException or NotSupportedException)
        {
            return s_reflection.GetSerializer<T>();
        }
    }
}
