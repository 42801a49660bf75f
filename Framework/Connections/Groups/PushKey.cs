using System.ComponentModel;
using System.Globalization;
using System.Text;

namespace UpgradeProtocols.Runtime;

/// <summary>
/// What a waiting push is about: a newer one of the same method and key takes its place. Made only for pushes that say so,
/// and where their bytes are kept anyway.
/// </summary>
internal abstract class PushKey : IEquatable<PushKey>
{
    public abstract bool Equals(PushKey? other);

    public sealed override bool Equals(object? obj) => Equals(obj as PushKey);

    public abstract override int GetHashCode();

    /// <summary>The key's value as other nodes get it; <see langword="null"/> where no text tells it from other values.</summary>
    public abstract string? Text { get; }
}

/// <summary>The key of a push where there are other nodes, which it may have come from: the message and the value by their names.</summary>
internal sealed class NeutralPushKey : PushKey
{
    private NeutralPushKey(string message, string text) => (Message, Text) = (message, text);

    public override string Text { get; }

    private string Message { get; }

    public static NeutralPushKey Of(ReadOnlySpan<byte> contract, ReadOnlySpan<byte> name, int tag, string text) =>
        new($"{Encoding.UTF8.GetString(contract)} {Encoding.UTF8.GetString(name)} {tag}", text);

    public override bool Equals(PushKey? other) => other is NeutralPushKey key && Message == key.Message && Text == key.Text;

    public override int GetHashCode() => HashCode.Combine(Message, Text);
}

internal sealed class PushKey<TKey>(object method, TKey value) : PushKey
{
    // Looked at under a connection's lock, perhaps by many: the type's own code runs once here.
    private readonly int _hash = HashCode.Combine(method, value);

    private object Method { get; } = method;

    private TKey Value { get; } = value;

    // Two values that differ mustn't have one text: the later would replace the earlier, which would be lost. So half a surrogate pair,
    // which other nodes can't get, has none, and null isn't "\0".
    public override string? Text => TextOf() is not { } text ? null
        : !MemberName.IsWellFormed(text) ? null
        : Value is not null && text.StartsWith('\0') ? "\0" + text
        : text;

    private string? TextOf() => Value switch
    {
        null => "\0",
        string text => text,
        DateTime or DateTimeOffset or TimeOnly => ((IFormattable)Value).ToString("O", CultureInfo.InvariantCulture),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => Value.ToString() is { } text && text != Value.GetType().ToString() ? text : null,
    };

    public override bool Equals(PushKey? other) =>
        other is PushKey<TKey> key && _hash == key._hash && ReferenceEquals(Method, key.Method) && EqualityComparer<TKey>.Default.Equals(Value, key.Value);

    public override int GetHashCode() => _hash;
}

/// <summary>Finds the key of a payload. Made once by generated code.</summary>
/// <typeparam name="T">The payload's type.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class PushKeySelector<T>
{
    private protected PushKeySelector()
    {
    }

    internal abstract PushKey KeyOf(object method, T payload);
}

/// <summary>Makes what finds the keys of payloads. Called by generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class PushKeySelector
{
    /// <summary>The key is a member of the payload.</summary>
    /// <typeparam name="T">The payload's type.</typeparam>
    /// <typeparam name="TKey">The member's type.</typeparam>
    /// <param name="member">Reads the member.</param>
    /// <returns>What finds the key.</returns>
    public static PushKeySelector<T> By<T, TKey>(Func<T, TKey> member)
    {
        ArgumentNullException.ThrowIfNull(member);
        return new MemberSelector<T, TKey>(member);
    }

    private sealed class MemberSelector<T, TKey>(Func<T, TKey> member) : PushKeySelector<T>
    {
        internal override PushKey KeyOf(object method, T payload) => new PushKey<TKey>(method, member(payload));
    }
}
