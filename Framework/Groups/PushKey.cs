using System.ComponentModel;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace UpgradeProtocols.Runtime;

/// <summary>The key of a push where there are other nodes, which may have sent it: the message and the value by name.</summary>
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
    // Compared under a connection's lock, perhaps for many connections: the type's own hash code is computed once here.
    private readonly int _hash = HashCode.Combine(method, value);

    private object Method { get; } = method;

    private TKey Value { get; } = value;

    public override string? Text => KeyText.Of(Value);

    public override bool Equals(PushKey? other) =>
        other is PushKey<TKey> key && _hash == key._hash && ReferenceEquals(Method, key.Method) && EqualityComparer<TKey>.Default.Equals(Value, key.Value);

    public override int GetHashCode() => _hash;
}

/// <summary>
/// A key as text. Two different values must not have the same text: the later push would replace the earlier one, which would be lost. A
/// value that no text distinguishes from others has none.
/// </summary>
internal static class KeyText
{
    private const string Null = "\0";

    public static string? Of<TKey>(TKey value)
    {
        if (value is null)
        {
            return Null;
        }

        // Other nodes can't distinguish one unpaired surrogate from another, and null isn't "\0".
        return TextOf(value, typeof(TKey)) is not { } text || !MemberName.IsWellFormed(text) ? null
            : text.StartsWith('\0') ? Null + text
            : text;
    }

    // Where several types are possible, the type precedes the text: 1 isn't "1".
    private static string? TextOf(object value, Type declared)
    {
        var type = value.GetType();
        var text = value switch
        {
            string written => written,
            ITuple tuple => TextOf(tuple),
            DateTime or DateTimeOffset or TimeOnly => ((IFormattable)value).ToString("O", CultureInfo.InvariantCulture),
            IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
            _ => Written(value, type),
        };
        return text is null || type == declared || type == Nullable.GetUnderlyingType(declared) ? text : $"{type} {text}";
    }

    // The elements with their lengths: ("a, b", "c") isn't ("a", "b, c").
    private static string? TextOf(ITuple tuple)
    {
        var text = new StringBuilder();
        for (var i = 0; i < tuple.Length; i++)
        {
            if (tuple[i] is not { } item)
            {
                text.Append('-');
            }
            else if (TextOf(item, typeof(object)) is { } part)
            {
                text.Append(CultureInfo.InvariantCulture, $"{part.Length}:{part}");
            }
            else
            {
                return null;
            }
        }

        return text.ToString();
    }

    // A text that the type's author has implemented. The compiler's text of a record, and the runtime's text of a pair, only join the
    // elements, and shorten some of them.
    private static string? Written(object value, Type type)
    {
        var text = value.ToString();
        var isPair = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(KeyValuePair<,>);
        return text is null || isPair || text == type.ToString() || text.StartsWith($"{type.Name.Split('`')[0]} {{ ", StringComparison.Ordinal) ? null : text;
    }
}

/// <summary>Finds the key of a payload. Created once by generated code.</summary>
/// <typeparam name="T">The payload's type.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class PushKeySelector<T>
{
    private protected PushKeySelector()
    {
    }

    internal abstract PushKey KeyOf(object method, T payload);
}

/// <summary>Creates key selectors. Called by generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class PushKeySelector
{
    /// <summary>Creates a selector of a key that is a member of the payload.</summary>
    /// <typeparam name="T">The payload's type.</typeparam>
    /// <typeparam name="TKey">The member's type.</typeparam>
    /// <param name="member">Gets the member.</param>
    /// <returns>The selector.</returns>
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
