using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>Reads the [Message] methods of a handler, and checks each against the formats of its protocols.</summary>
internal sealed class MessageReader(
    INamedTypeSymbol type,
    ProblemSink problems,
    MethodReader methods,
    IReadOnlyList<ProtocolDraft> protocols)
{
    // Message names that JsonMessageFormat and FlatJsonMessageFormat reserve.
    private static readonly string[] s_jsonWords = ["reply", "next", "complete", "error"];

    // The method of each message. A message of one protocol has exactly one method.
    private readonly Dictionary<(int Protocol, string Message), IMethodSymbol> _taken = [];

    public EquatableArray<MessageModel> Read(IReadOnlyList<(IMethodSymbol Method, AttributeData Attribute)> declared, CancellationToken cancellationToken)
    {
        var messages = new List<MessageModel>();
        foreach (var (method, attribute) in declared)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Read(method, attribute) is { } message)
            {
                messages.Add(message);
            }
        }

        return messages
            .OrderBy(message => message.Name, StringComparer.Ordinal)
            .ThenBy(message => message.Tag)
            .ThenBy(message => message.Takes)
            .ThenBy(message => message.Protocols[0])
            .ThenBy(message => message.Method.Name, StringComparer.Ordinal)
            .ToEquatableArray();
    }

    public static (string? Name, int? Tag) KeyOf(AttributeData attribute) => attribute.ConstructorArguments switch
    {
        [{ Value: string name }] => (name, null),
        [{ Value: int tag }] => (null, tag),
        _ => (null, null),
    };

    private MessageModel? Read(IMethodSymbol method, AttributeData attribute)
    {
        var (name, tag) = KeyOf(attribute);
        var versions = attribute.Texts("Versions");
        if (!CheckAttribute(method, attribute, versions))
        {
            return null;
        }

        CheckVersions(method, attribute, versions);
        var having = protocols.Where(protocol => versions is null || (protocol.Model.Name is { } own && versions.Value.Contains(own))).ToList();
        if (!CheckHasKey(method, attribute, having))
        {
            return null;
        }

        var model = methods.Read(
            method,
            MethodRole.Message,
            [.. having.Select(protocol => (protocol.Model.Path, protocol.PathParameters))],
            having.All(protocol => protocol.Model.Format.BindsSeveral));
        if (model is null)
        {
            return null;
        }

        var takes = FramesOf(model);
        var indexes = new List<int>();
        foreach (var protocol in having)
        {
            // All checks run before the result is decided, so that all problems are reported at once.
            if (CheckKey(method, attribute, name, tag, protocol.Model)
                & CheckReplyTag(method, attribute, protocol.Model)
                & CheckResult(method, model, protocol.Model)
                & CheckMembers(method, model, protocol.Model)
                && CheckUnique(method, name, tag, new MessageModel(name, tag, null, false, [], takes, model).TakesIn(protocol.Model), protocol.Model))
            {
                CheckPayloads(method, model, protocol);
                indexes.Add(protocol.Model.Index);
            }
        }

        return indexes.Count == 0
            ? null
            : new MessageModel(name, tag, ReplyTagOf(attribute), attribute.Value<bool>("Concurrent") ?? false, indexes.ToEquatableArray(), takes, model);
    }

    private bool CheckAttribute(IMethodSymbol method, AttributeData attribute, EquatableArray<string>? versions)
    {
        if (IsNullName(attribute))
        {
            problems.Report(
                Rules.MessageKey, () => attribute.FindFirstLocation(method), "name null", "is not valid: set a name, or use [AnyMessage] for all messages that no other method takes");
            return false;
        }

        if (versions is { Count: 0 })
        {
            problems.Report(
                Rules.MethodShape, () => attribute.FindLocation("Versions", method), method.Display(), "has an empty Versions list, so it is never called: add a protocol, or remove Versions");
            return false;
        }

        if (attribute.Value<int>("ReplyTag") is not ({ } tag and < -1))
        {
            return true;
        }

        problems.Report(
            Rules.MessageKey, () => attribute.FindLocation("ReplyTag", method), $"reply tag {tag}", "is negative: remove ReplyTag to use the message's tag");
        return false;
    }

    // The wire must not change when a method is renamed, so a name is never taken from the method.
    private bool CheckHasKey(IMethodSymbol method, AttributeData attribute, IReadOnlyList<ProtocolDraft> having)
    {
        if (!attribute.IsOurs(Attributes.Message) || KeyOf(attribute) is not (null, null))
        {
            return true;
        }

        if (having.FirstOrDefault(protocol => !protocol.Model.Format.IsBare) is not { Model.Format: var format })
        {
            return true;
        }

        var name = NameFor(method);
        var advice = format.HasNames ? $"has no name, but {format.DisplayName} identifies messages by names: use [Message(\"{name}\")]"
            : $"has no tag, but {format.DisplayName} identifies messages by tags: use [Message(number)]";
        problems.Report(
            Rules.UnnamedMessage,
            () => attribute.FindLocation(method),
            format.HasNames ? ImmutableDictionary<string, string?>.Empty.Add("Name", name) : ImmutableDictionary<string, string?>.Empty,
            method.Display(),
            $"{advice}, or [AnyMessage] for all messages that no other method takes");
        return false;
    }

    private static string NameFor(IMethodSymbol method)
    {
        const string suffix = "Async";
        var name = method.Name.Length > suffix.Length && method.Name.EndsWith(suffix, StringComparison.Ordinal)
            ? method.Name.Substring(0, method.Name.Length - suffix.Length)
            : method.Name;
        return char.ToLowerInvariant(name[0]) + name.Substring(1);
    }

    /// <summary>Whether the name is given as null. That is neither a name nor the catch-all.</summary>
    public static bool IsNullName(AttributeData attribute) => attribute.ConstructorArguments is [{ IsNull: true }];

    private static int? ReplyTagOf(AttributeData attribute) => attribute.Value<int>("ReplyTag") is { } tag and >= 0 ? tag : null;

    private static FrameKinds FramesOf(MethodModel method)
    {
        if (method.Parameters.Any(parameter => parameter.Source == ParameterSource.MessageKind))
        {
            return FrameKinds.Both;
        }

        return method.Payload?.Payload?.Form switch
        {
            null => FrameKinds.Both,
            PayloadForm.Bytes or PayloadForm.Memory or PayloadForm.Span => FrameKinds.Binary,
            _ => FrameKinds.Text,
        };
    }

    private void CheckVersions(IMethodSymbol method, AttributeData attribute, EquatableArray<string>? versions)
    {
        if (versions is not { } names)
        {
            return;
        }

        // Uses the names as written. An invalid protocol has its own error, so its name is not reported as an unknown version.
        var declared = type.GetAttributes()
            .Where(candidate => candidate.IsOurs(Attributes.UpgradeProtocol))
            .Select(candidate => candidate.ConstructorArguments is [{ Value: string name }] ? name : null)
            .OfType<string>()
            .Distinct()
            .ToList();
        foreach (var name in names)
        {
            if (!declared.Contains(name))
            {
                var known = declared.Count == 0 ? "the protocols' names after you add them" : string.Join(", ", declared.Select(other => $"'{other}'"));
                problems.Report(Rules.UnknownVersion, () => attribute.FindLocation("Versions", method), method.Display(), name, type.Name, known);
            }
        }
    }

    private bool CheckKey(IMethodSymbol method, AttributeData attribute, string? name, int? tag, ProtocolModel protocol)
    {
        var format = protocol.Format;
        var problem = (name, tag) switch
        {
            ("", _) => "has an empty name: set a name, or use [AnyMessage] for all messages that no other method takes",
            ({ } text, _) when !ProtocolSyntax.IsWellFormed(text) => "has half a surrogate pair in its name, which UTF-8 can't encode: remove it",
            ({ }, _) when format.IsBare => $"has a name, but {format.DisplayName} has no envelope for it: use [Message] without arguments, or another Format",
            ({ }, _) when !format.HasNames => $"has a name, but {format.DisplayName} identifies messages by tags: use [Message(number)]",
            ({ } text, _) when format.Type == FormatModel.JsonRpc && text.StartsWith("rpc.", StringComparison.Ordinal) =>
                "has a name that starts with 'rpc.', which JSON-RPC reserves: rename it",
            ({ } text, _) when format.Type == FormatModel.JsonRpc && text == "$/cancelRequest" =>
                $"has a name that {format.DisplayName} reserves: the token of a method is cancelled, so remove the method",
            ({ } text, _) when IsJson(format) && s_jsonWords.Contains(text) => $"has a name that {format.DisplayName} reserves: rename it",
            (_, { }) when format.IsBare => $"has a tag, but {format.DisplayName} has no envelope for it: use [Message] without arguments, or another Format",
            (_, { }) when !format.HasTags => $"has a tag, but {format.DisplayName} identifies messages by names: use [Message(\"name\")]",
            (_, { } number) when number < format.MinTag || number > format.MaxTag =>
                $"is outside the range of {format.DisplayName}: use a tag from {format.MinTag} to {format.MaxTag}",
            _ => null,
        };
        if (problem is null)
        {
            return true;
        }

        problems.Report(Rules.MessageKey, () => attribute.FindFirstLocation(method), Describe(name, tag, FrameKinds.Both, false), problem);
        return false;
    }

    private bool CheckReplyTag(IMethodSymbol method, AttributeData attribute, ProtocolModel protocol)
    {
        if (ReplyTagOf(attribute) is not { } tag)
        {
            return true;
        }

        var format = protocol.Format;
        var problem = !format.HasTags ? $"is not valid, because {format.DisplayName} has no tags: remove ReplyTag"
            : tag < format.MinTag || tag > format.MaxTag ? $"is outside the range of {format.DisplayName}: use a tag from {format.MinTag} to {format.MaxTag}"
            : null;
        if (problem is null)
        {
            return true;
        }

        problems.Report(Rules.MessageKey, () => attribute.FindLocation("ReplyTag", method), $"reply tag {tag}", problem);
        return false;
    }

    private bool CheckResult(IMethodSymbol method, MethodModel model, ProtocolModel protocol)
    {
        var problem = model switch
        {
            { Returns: ReturnShape.Stream } when !protocol.Format.CanStream => "returns a stream",
            { Returns: not ReturnShape.Stream, Result: not null } when !protocol.Format.CanReply => "returns a reply",
            _ => null,
        };
        if (problem is null)
        {
            return true;
        }

        problems.Report(
            Rules.FormatCan,
            method.FirstLocation,
            method.Display(),
            $"{problem}, which {protocol.Format.DisplayName} can't carry: return nothing, use another Format, or restrict the message with Versions");
        return false;
    }

    // The names on the wire depend on the protocol's context.
    private bool CheckMembers(IMethodSymbol method, MethodModel model, ProtocolModel protocol)
    {
        if (!protocol.Format.HasMembers || !model.BindsPayloadsIn(protocol.Format))
        {
            return true;
        }

        var parameters = method.Parameters.Zip(model.Parameters, (symbol, parameter) => (Symbol: symbol, parameter.Payload)).Where(pair => pair.Payload is not null).ToList();
        var names = parameters.ConvertAll(pair => protocol.Naming.NameOf(pair.Symbol.Name));
        var isUnique = true;
        for (var i = 0; i < names.Count; i++)
        {
            var (symbol, name) = (parameters[i].Symbol, names[i]);
            if (protocol.Format is { Type: FormatModel.FlatJson } flat && (name == "id" || name == (flat.Discriminator ?? "type")))
            {
                problems.Report(Rules.TakenMember, () => LocationOf(symbol), method.Display(), name);
            }

            if (names.FindIndex(other => protocol.Naming.AreSame(name, other)) < i)
            {
                problems.Report(
                    Rules.Parameter, () => LocationOf(symbol), symbol.Name, method.Display(), $"is '{name}' on the wire, like another parameter: rename one of them");
                isUnique = false;
            }
        }

        return isUnique;

        Location LocationOf(ISymbol symbol) => symbol.FirstLocation() is { IsInSource: true } location ? location : type.FirstLocation();
    }

    private bool CheckUnique(IMethodSymbol method, string? name, int? tag, FrameKinds takes, ProtocolModel protocol)
    {
        var keys = new List<string>();
        if (name is not null || tag is not null)
        {
            keys.Add(name is not null ? "n" + name : "t" + tag);
        }
        else if (!protocol.DecidesByKind)
        {
            keys.Add("all");
        }
        else
        {
            if ((takes & FrameKinds.Text) != 0)
            {
                keys.Add("text");
            }

            if ((takes & FrameKinds.Binary) != 0)
            {
                keys.Add("binary");
            }
        }

        foreach (var key in keys)
        {
            if (_taken.TryGetValue((protocol.Index, key), out var other))
            {
                problems.Report(
                    Rules.DuplicateMessage,
                    method.FirstLocation,
                    other.Display(),
                    method.Display(),
                    Describe(name, tag, key == "binary" ? FrameKinds.Binary : key == "text" ? FrameKinds.Text : FrameKinds.Both, isSubject: true),
                    protocol.DisplayName);
                return false;
            }
        }

        foreach (var key in keys)
        {
            _taken.Add((protocol.Index, key), method);
        }

        return true;
    }

    // The generated code compiles without the metadata, so the method stays. Serialization of the type would fail at run time.
    private void CheckPayloads(IMethodSymbol method, MethodModel model, ProtocolDraft protocol)
    {
        if (!problems.IsListening)
        {
            return;
        }

        if (protocol.Model.Format is { Type: FormatModel.FlatJson } flat && model.Result is { Form: PayloadForm.Typed } && MethodReader.ResultOf(method) is { } sent)
        {
            FlatMembers.Check(
                problems, sent, flat.Discriminator ?? "type", protocol.JsonContext,
                () => method.FirstLocation() is { IsInSource: true } location ? location : type.FirstLocation());
        }

        if (protocol.Model.Codec is not null)
        {
            return;
        }

        foreach (var (symbol, parameter) in method.Parameters.Zip(model.Parameters, (symbol, parameter) => (symbol, parameter)))
        {
            if (parameter.Payload is { } payload)
            {
                CheckPayload(symbol.Type, symbol, payload, isRead: true);
            }
        }

        if (model.Result is { } result)
        {
            CheckPayload(MethodReader.ResultOf(method)!, method, result, isRead: false);
        }

        void CheckPayload(ITypeSymbol symbol, ISymbol place, PayloadModel read, bool isRead)
        {
            var isJson = read.Form == PayloadForm.Typed || (read.Form is PayloadForm.Text or PayloadForm.Bytes && !protocol.Model.Format.HasPlainPayloads);
            if (isJson)
            {
                PayloadChecks.Check(
                    problems, symbol, method, protocol.JsonContext, protocol.Model.Format.HasPlainPayloads, isRead,
                    () => place.FirstLocation() is { IsInSource: true } location ? location : type.FirstLocation());
            }
        }
    }

    private static bool IsJson(FormatModel format) => format.Type is FormatModel.Json or FormatModel.FlatJson;

    private static string Describe(string? name, int? tag, FrameKinds kinds, bool isSubject) => (name, tag, kinds) switch
    {
        ({ } text, _, _) => isSubject ? $"the message '{text}'" : $"'{text}'",
        (_, { } number, _) => isSubject ? $"the message {number}" : $"{number}",
        (_, _, FrameKinds.Text) => "the text messages",
        (_, _, FrameKinds.Binary) => "the binary messages",
        _ => "all other messages",
    };
}
