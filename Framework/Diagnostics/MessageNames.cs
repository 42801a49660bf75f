using System.Globalization;
using System.Text;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace UpgradeProtocols;

/// <summary>
/// The names of a protocol's messages, for measuring: learned from messages that a method took, since only those are declared. There
/// is an end to it, because a catch-all takes whatever name a peer makes up.
/// </summary>
internal sealed class MessageNames
{
    private const int Most = 128;

    private readonly ProtocolMeter _meter;

    // Replaced as a whole, so that it is read without a lock.
    private volatile NamedMessage[] _known = [];

    public MessageNames(ProtocolMeter meter)
    {
        _meter = meter;
        Protocol = meter.Entry.Name ?? meter.Entry.Path;
        Nameless = new NamedMessage([], 0, Protocol, meter.Tags);
        Other = Make([], 0, "_OTHER");
    }

    /// <summary>The messages of a format without an envelope.</summary>
    public NamedMessage Nameless { get; }

    /// <summary>Messages that no method takes, and those beyond what is kept.</summary>
    public NamedMessage Other { get; }

    private string Protocol { get; }

    public NamedMessage? Find(ReadOnlySpan<byte> name, int tag)
    {
        foreach (var known in _known)
        {
            if (known.Tag == tag && name.SequenceEqual(known.Utf8))
            {
                return known;
            }
        }

        return null;
    }

    /// <summary>Keeps the name of a message that a method took.</summary>
    public NamedMessage Learn(ReadOnlySpan<byte> name, int tag)
    {
        lock (_meter)
        {
            if (Find(name, tag) is { } known)
            {
                return known;
            }

            if (_known.Length >= Most)
            {
                return Other;
            }

            var learned = Make(name, tag, name.IsEmpty ? tag.ToString(CultureInfo.InvariantCulture) : LogText.Of(Encoding.UTF8.GetString(name)));
            _known = [.. _known, learned];
            return learned;
        }
    }

    private NamedMessage Make(ReadOnlySpan<byte> name, int tag, string text) =>
        new(name.ToArray(), tag, $"{Protocol} {text}", [.. _meter.Tags, new("upgrade.message", text)]);
}

/// <summary>A message as it shows in metrics and activities.</summary>
internal sealed record NamedMessage(byte[] Utf8, int Tag, string DisplayName, Tag[] Tags);
