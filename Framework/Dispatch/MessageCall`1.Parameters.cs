using System.Diagnostics.CodeAnalysis;

namespace UpgradeProtocols.Runtime;

// The payload's parameters, for methods that have several parameters or a single one of them.
public ref partial struct MessageCall<TFormat>
{
    /// <summary>
    /// Finds the values of a method's parameters in the payload. If it isn't a payload of parameters, the message gets an error reply.
    /// </summary>
    /// <param name="parameters">The method's parameters.</param>
    /// <param name="values">The positions of the values; one for each parameter.</param>
    /// <returns>Whether the payload is an object or an array of parameters.</returns>
    public readonly bool TryFindParameters(MessageParameters parameters, scoped Span<ParameterValue> values)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var problem = parameters.Find(Payload, values);
        return problem is null || Refuse(problem);
    }

    /// <summary>Reads a required parameter. If it has the wrong shape, the message gets an error reply.</summary>
    /// <typeparam name="T">The parameter's type.</typeparam>
    /// <param name="where">Its position.</param>
    /// <param name="name">Its name.</param>
    /// <param name="serializer">Its serializer.</param>
    /// <param name="value">Its value.</param>
    /// <returns>Whether it was read.</returns>
    public readonly bool TryReadParameter<T>(ParameterValue where, string name, PayloadSerializer<T> serializer, [NotNullWhen(true)] out T? value)
    {
        if (where.IsAbsent)
        {
            value = default;
            return Refuse($"The parameter '{name}' is missing.");
        }

        return TryReadNullable(where, name, serializer, out value) && (value is not null || Refuse($"The parameter '{name}' is null."));
    }

    /// <summary>Reads an optional parameter. If it has the wrong shape, the message gets an error reply.</summary>
    /// <typeparam name="T">The parameter's type.</typeparam>
    /// <param name="where">Its position.</param>
    /// <param name="name">Its name.</param>
    /// <param name="serializer">Its serializer.</param>
    /// <param name="value">Its value.</param>
    /// <param name="absent">Its value when it is absent.</param>
    /// <returns>Whether it was read, or is absent.</returns>
    public readonly bool TryReadParameter<T>(ParameterValue where, string name, PayloadSerializer<T> serializer, out T value, T absent)
    {
        if (where.IsAbsent)
        {
            value = absent;
            return true;
        }

        var isRead = TryReadParameter(where, name, serializer, out var read);
        value = read!;
        return isRead;
    }

    /// <summary>Reads a parameter that may be null or absent. If it has the wrong shape, the message gets an error reply.</summary>
    /// <typeparam name="T">The parameter's type.</typeparam>
    /// <param name="where">Its position.</param>
    /// <param name="name">Its name.</param>
    /// <param name="serializer">Its serializer.</param>
    /// <param name="value">Its value.</param>
    /// <param name="absent">Its value when it is absent.</param>
    /// <returns>Whether it was read, or is absent.</returns>
    public readonly bool TryReadNullableParameter<T>(ParameterValue where, string name, PayloadSerializer<T> serializer, out T? value, T? absent = default)
    {
        if (where.IsAbsent)
        {
            value = absent;
            return true;
        }

        return TryReadNullable(where, name, serializer, out value);
    }

    private readonly bool TryReadNullable<T>(ParameterValue where, string name, PayloadSerializer<T> serializer, out T? value)
    {
        ArgumentNullException.ThrowIfNull(serializer);
        try
        {
            value = serializer.Read(Payload.Slice(where.Start, where.Length));
            if (_path.Context is { } context && value is not null)
            {
                context.Validate(value);
            }

            return true;
        }
        catch (PayloadException e)
        {
            value = default;
            return Refuse($"The parameter '{name}': {e.Message}");
        }
    }

    private readonly bool Refuse(string problem)
    {
        _processor.Answer(Id, MessageErrorKind.InvalidPayload, problem, _path);
        return false;
    }
}
