using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>
/// Compares a published protocol with the declared one. Types are compared by their JSON shapes, so renaming a type is not a break.
/// Messages from the client may require less than before, and messages from the server may contain more.
/// </summary>
internal sealed class ContractComparer
{
    private const int MaxNestedItems = 64;

    private readonly ProtocolDescription _published;
    private readonly ProtocolDescription _declared;
    private readonly Dictionary<string, TypeDescription> _publishedTypes;
    private readonly Dictionary<string, TypeDescription> _declaredTypes;
    private readonly List<ContractChange> _changes = [];
    private readonly HashSet<(string, string, bool)> _compared = [];

    // Shapes that are not compared yet. A queue instead of recursion, because a chain of types can be of any length.
    private readonly Queue<(TypeDescription Before, TypeDescription Now, string Place, bool IsGiven)> _pending = [];

    // The current message. Differences in its types are reported for it.
    private string? _message;
    private bool _isSent;

    // Applies the difference in the current type to the published protocol.
    private Func<ProtocolDescription, ProtocolDescription> _accept = static protocol => protocol;

    private ContractComparer(ProtocolDescription published, ProtocolDescription declared)
    {
        _published = published;
        _declared = declared;
        _publishedTypes = published.Types.ToDictionary(type => type.Type);
        _declaredTypes = declared.Types.ToDictionary(type => type.Type);
    }

    public static IReadOnlyList<ContractChange> Compare(ProtocolDescription published, ProtocolDescription declared)
    {
        var comparer = new ContractComparer(published, declared);
        comparer.Compare();
        return comparer._changes;
    }

    private void Compare()
    {
        if (_published.Format != _declared.Format)
        {
            Break($"its format was '{_published.Format}' and is '{_declared.Format}'", protocol => protocol with { Format = _declared.Format });
        }

        CompareMessages(_published.Receives, _declared.Receives, isSent: false);
        CompareMessages(_published.Sends, _declared.Sends, isSent: true);
        if (_changes.Count == 0 && _published != _declared)
        {
            Add("names of types that JSON doesn't show");
        }
    }

    private void CompareMessages(EquatableArray<MessageDescription> published, EquatableArray<MessageDescription> declared, bool isSent)
    {
        foreach (var before in published)
        {
            (_message, _isSent) = (before.Message, isSent);
            if (declared.FirstOrDefault(message => message.Message == before.Message) is not { } now)
            {
                _message = null;
                Break($"{(isSent ? "the push" : "the message")} '{before.Message}' was removed", protocol => ContractEdits.Message(protocol, before.Message, isSent, _ => null));
                continue;
            }

            ComparePayloads(before, now);
            CompareReplies(before, now);
        }

        foreach (var now in declared.Where(message => !published.Any(before => before.Message == message.Message)))
        {
            (_message, _isSent) = (now.Message, isSent);
            Add($"{(isSent ? "the push" : "the message")} '{now.Message}'");
        }

        _message = null;
    }

    private void ComparePayloads(MessageDescription before, MessageDescription now)
    {
        var isSent = _isSent;
        _accept = protocol => ContractEdits.Message(protocol, before.Message, isSent, message => message with { Payloads = now.Payloads });
        if (before.Payloads.Count != now.Payloads.Count)
        {
            Break($"the payload of '{before.Message}' was {Shown(before.Payloads)} and is {Shown(now.Payloads)}");
            return;
        }

        for (var i = 0; i < before.Payloads.Count; i++)
        {
            var (nameBefore, typeBefore) = Parameter(before.Payloads[i]);
            var (nameNow, typeNow) = Parameter(now.Payloads[i]);
            if (nameBefore != nameNow)
            {
                Break($"the parameter '{nameBefore}' of '{before.Message}' is now '{nameNow}'");
            }

            CompareWhole(typeBefore, typeNow, $"the payload of '{before.Message}'", isGiven: _isSent);
        }
    }

    private void CompareReplies(MessageDescription before, MessageDescription now)
    {
        var isSent = _isSent;
        _accept = protocol => ContractEdits.Message(protocol, before.Message, isSent, message => message with { Reply = now.Reply, Stream = now.Stream });
        var place = $"the {(before.Stream is null ? "reply to" : "stream of")} '{before.Message}'";
        if ((before.Reply is null) != (now.Reply is null) || (before.Stream is null) != (now.Stream is null))
        {
            if (before.Reply is null && before.Stream is null && !_isSent)
            {
                Add($"a {(now.Reply is null ? "stream for" : "reply to")} '{before.Message}'");
            }
            else
            {
                Break($"{(before.Reply is null && before.Stream is null ? $"'{before.Message}', which awaited no reply," : place)} is now {(now.Reply is { } reply ? $"a reply '{reply}'" : now.Stream is { } stream ? $"a stream of '{stream}'" : "nothing")}");
            }
        }
        else if ((before.Reply ?? before.Stream) is { } typeBefore)
        {
            // The reply is sent by the other peer.
            CompareWhole(typeBefore, (now.Reply ?? now.Stream)!, place, isGiven: !_isSent);
        }
    }

    /// <param name="isGiven">Whether the server sends the payload, so that the client must understand it.</param>
    private void CompareWhole(string before, string now, string place, bool isGiven)
    {
        CompareTypes(before, now, place, isGiven);
        while (_pending.Count > 0)
        {
            var (shapeBefore, shapeNow, where, isGivenThere) = _pending.Dequeue();
            CompareShapes(shapeBefore, shapeNow, where, isGivenThere);
        }
    }

    private void CompareTypes(string before, string now, string place, bool isGiven, int depth = 0)
    {
        var (bareBefore, wasNullable) = Nullable(before);
        var (bareNow, isNullable) = Nullable(now);
        if (wasNullable != isNullable)
        {
            if (isNullable == isGiven)
            {
                Break(isGiven ? $"{place} may now be null" : $"{place} may no longer be null");
            }
            else
            {
                Add($"{place}, which {(isGiven ? "is no longer null" : "may be null")}");
            }
        }

        if (Item(bareBefore) is { } itemBefore && Item(bareNow) is { } itemNow && itemBefore.Kind == itemNow.Kind && depth < MaxNestedItems)
        {
            CompareTypes(itemBefore.Type, itemNow.Type, $"an item of {place}", isGiven, depth + 1);
            return;
        }

        if (_publishedTypes.TryGetValue(bareBefore, out var shapeBefore) && _declaredTypes.TryGetValue(bareNow, out var shapeNow))
        {
            if (_compared.Add((bareBefore, bareNow, isGiven)))
            {
                _pending.Enqueue((shapeBefore, shapeNow, place, isGiven));
            }
        }
        else if (bareBefore != bareNow)
        {
            Break($"{place} was '{bareBefore}' and is '{bareNow}'");
        }
    }

    private void CompareShapes(TypeDescription before, TypeDescription now, string place, bool isGiven)
    {
        var outer = _accept;
        CompareMembers(before, now, place, isGiven);
        foreach (var value in before.Values.Where(value => !now.Values.Contains(value)))
        {
            Break(
                $"'{value}' was removed from {place}",
                protocol => ContractEdits.Type(protocol, before.Type, type => type with { Values = type.Values.Where(other => other != value).ToEquatableArray() }));
        }

        foreach (var value in now.Values.Where(value => !before.Values.Contains(value)))
        {
            Add($"'{value}' in {place}");
        }

        _accept = outer;
    }

    private void CompareMembers(TypeDescription before, TypeDescription now, string place, bool isGiven)
    {
        foreach (var member in before.Members)
        {
            if (now.Members.FirstOrDefault(candidate => candidate.Name == member.Name) is not { } same)
            {
                Break($"'{member.Name}' was removed from {place}", protocol => ContractEdits.Member(protocol, before.Type, member.Name, _ => null));
                continue;
            }

            if (!isGiven && same.IsRequired && !member.IsRequired)
            {
                Break(
                    $"'{member.Name}' of {place} is now required",
                    protocol => ContractEdits.Member(protocol, before.Type, member.Name, known => known with { IsRequired = true }));
            }
            else if (same.IsRequired != member.IsRequired)
            {
                Add($"'{member.Name}' of {place}, which is {(same.IsRequired ? "always present" : "no longer required")}");
            }

            _accept = protocol => ContractEdits.Member(protocol, before.Type, member.Name, known => known with { Type = same.Type });
            CompareTypes(member.Type, same.Type, $"'{member.Name}' of {place}", isGiven);
        }

        foreach (var member in now.Members.Where(member => !before.Members.Any(other => other.Name == member.Name)))
        {
            if (member.IsRequired && !isGiven)
            {
                Break(
                    $"'{member.Name}' was added to {place} and is required",
                    protocol => ContractEdits.Type(
                        protocol, before.Type, type => type with { Members = type.Members.Append(member).OrderBy(other => other.Name, StringComparer.Ordinal).ToEquatableArray() }));
            }
            else
            {
                Add($"'{member.Name}' in {place}");
            }
        }
    }

    private void Break(string what, Func<ProtocolDescription, ProtocolDescription>? accept = null) =>
        _changes.Add(new ContractChange(true, _message, _isSent, what, accept ?? _accept));

    private void Add(string what) => _changes.Add(new ContractChange(false, _message, _isSent, what, static protocol => protocol));

    private static string Shown(EquatableArray<string> payloads) => payloads.Count == 0 ? "nothing" : $"'{string.Join("', '", payloads)}'";

    private static (string Name, string Type) Parameter(string payload) =>
        payload.IndexOf(": ", StringComparison.Ordinal) is var colon and > 0 ? (payload.Substring(0, colon), payload.Substring(colon + 2)) : ("", payload);

    private static (string Type, bool IsNullable) Nullable(string type) =>
        type.EndsWith("?", StringComparison.Ordinal) ? (type.Substring(0, type.Length - 1), true) : (type, false);

    private static (string Kind, string Type)? Item(string type) =>
        type.EndsWith("[]", StringComparison.Ordinal) ? ("[]", type.Substring(0, type.Length - 2))
        : type.StartsWith("map<", StringComparison.Ordinal) && type.EndsWith(">", StringComparison.Ordinal) ? ("map", type.Substring(4, type.Length - 5))
        : null;
}
