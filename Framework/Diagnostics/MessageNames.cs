using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace UpgradeProtocols;

/// <summary>
/// The names of a protocol's messages for metrics. A name is learned when a method handles the message, since only declared messages have
/// methods. The number of names is limited, because a catch-all method accepts any name that a peer makes up.
/// </summary>
internal sealed class MessageNames
{
    private const int Most = 128;

    private readonly ProtocolMeter _meter;

    // A message has a name or a tag.
    private readonly ConcurrentDictionary<byte[], NamedMessage> _named = new(Utf8Names.Comparer);
    private readonly ConcurrentDictionary<byte[], NamedMessage>.AlternateLookup<ReadOnlySpan<byte>> _byName;
    private readonly ConcurrentDictionary<int, NamedMessage> _byTag = new();
    private volatile bool _isFull;

    public MessageNames(ProtocolMeter meter)
    {
        _meter = meter;
        _byName = _named.GetAlternateLookup<ReadOnlySpan<byte>>();
        Protocol = meter.Entry.Name ?? meter.Entry.Path;
        Nameless = new NamedMessage(Protocol, meter.Tags);
        Other = Make("_OTHER");
    }

    /// <summary>The messages of a format without an envelope.</summary>
    public NamedMessage Nameless { get; }

    /// <summary>Messages that no method handles, and messages beyond the limit.</summary>
    public NamedMessage Other { get; }

    private string Protocol { get; }

    public NamedMessage? Find(ReadOnlySpan<byte> name, int tag)
    {
        NamedMessage? known;
        _ = name.IsEmpty ? _byTag.TryGetValue(tag, out known) : _byName.TryGetValue(name, out known);
        return known;
    }

    /// <summary>Keeps the name of a message that a method handled.</summary>
    public NamedMessage Learn(ReadOnlySpan<byte> name, int tag)
    {
        if (_isFull)
        {
            return Find(name, tag) ?? Other;
        }

        lock (_meter)
        {
            if (Find(name, tag) is { } known)
            {
                return known;
            }

            if (_named.Count + _byTag.Count >= Most)
            {
                _isFull = true;
                return Other;
            }

            return name.IsEmpty
                ? _byTag[tag] = Make(tag.ToString(CultureInfo.InvariantCulture))
                : _byName[name] = Make(LogText.Of(Encoding.UTF8.GetString(name)));
        }
    }

    private NamedMessage Make(string text) => new($"{Protocol} {text}", [.. _meter.Tags, new("upgrade.message", text)]);
}

/// <summary>A message as it appears in metrics and activities.</summary>
internal sealed record NamedMessage(string DisplayName, Tag[] Tags);
