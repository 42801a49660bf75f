using System.ComponentModel;
using System.Text;
using System.Text.Json;

namespace UpgradeProtocols.Runtime;

/// <summary>The parameters of a message: in a JSON object by name, or in an array by position. Created once by generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class MessageParameters
{
    // In bytes, of a name that differs in case. A parameter's name in the code is shorter.
    private const int LongestName = 128;

    private readonly string[] _names;
    private readonly byte[][] _plainNames;

    /// <summary>Describes the parameters.</summary>
    /// <param name="names">Their names, in the order of their positions; case-sensitive (JSON-RPC 2.0 §4.2).</param>
    public MessageParameters(params string[] names)
    {
        ArgumentNullException.ThrowIfNull(names);
        _names = names;
        _plainNames = Array.ConvertAll(names, Encoding.UTF8.GetBytes);
    }

    /// <summary>Whether names are compared without case, as the protocol's <c>JsonSerializerContext</c> says.</summary>
    public bool IgnoresCase { get; init; }

    /// <summary>Finds the values in a payload; returns a description of the error, or <see langword="null"/>.</summary>
    internal string? Find(ReadOnlySpan<byte> payload, Span<ParameterValue> values)
    {
        values.Clear();
        if (payload.IsEmpty)
        {
            return null;
        }

        try
        {
            var reader = new Utf8JsonReader(payload);
            reader.Read();
            return reader.TokenType switch
            {
                JsonTokenType.StartObject => FindByName(ref reader, values),
                JsonTokenType.StartArray => FindByPosition(ref reader, values),
                _ => "The parameters must be an object or an array.",
            };
        }
        catch (JsonException)
        {
            return "The parameters are not valid JSON.";
        }
        catch (InvalidOperationException)
        {
            // The reader throws this exception for a name with an unpaired surrogate.
            return "The parameters have a name that is not valid Unicode.";
        }
    }

    private string? FindByName(ref Utf8JsonReader reader, Span<ParameterValue> values)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var index = IndexOf(ref reader);
            reader.Read();
            var value = Skip(ref reader);
            if (index < 0)
            {
                continue;
            }

            if (!values[index].IsAbsent)
            {
                return $"The parameter '{_names[index]}' appears twice.";
            }

            values[index] = value;
        }

        return null;
    }

    private string? FindByPosition(ref Utf8JsonReader reader, Span<ParameterValue> values)
    {
        for (var i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
        {
            if (i == _names.Length)
            {
                return $"There are no more than {_names.Length} parameters.";
            }

            values[i] = Skip(ref reader);
        }

        return null;
    }

    private int IndexOf(ref Utf8JsonReader reader)
    {
        for (var i = 0; i < _plainNames.Length; i++)
        {
            if (reader.ValueTextEquals(_plainNames[i]))
            {
                return i;
            }
        }

        return IgnoresCase ? IndexIgnoringCase(ref reader) : -1;
    }

    private int IndexIgnoringCase(ref Utf8JsonReader reader)
    {
        Span<char> buffer = stackalloc char[LongestName];
        if (reader.ValueSpan.Length > LongestName)
        {
            return -1;
        }

        var name = buffer[..reader.CopyString(buffer)];
        for (var i = 0; i < _names.Length; i++)
        {
            if (name.Equals(_names[i], StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }

        return -1;
    }

    private static ParameterValue Skip(ref Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return new ParameterValue(start, (int)reader.BytesConsumed - start);
    }
}

/// <summary>The position of a parameter's value in its payload.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct ParameterValue
{
    internal ParameterValue(int start, int length)
    {
        Start = start;
        Length = length;
    }

    internal int Start { get; }

    internal int Length { get; }

    /// <summary>Whether the payload doesn't contain it.</summary>
    internal bool IsAbsent => Length == 0;
}
