using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>Checks the messages of a client contract against the format of a protocol that names it: UPG116, at <c>Client</c>.</summary>
internal static class ContractFormats
{
    // Generated code compiles in either case. An unsupported message fails only at run time.
    public static void Check(ProblemSink problems, INamedTypeSymbol contract, FormatModel format, string? protocol, Func<Location> location)
    {
        if (!problems.IsListening)
        {
            return;
        }

        foreach (var method in contract.AllInterfaces.Insert(0, contract).SelectMany(level => level.GetMembers()).OfType<IMethodSymbol>())
        {
            if (method.Attribute(Attributes.Namespace, Attributes.Message) is not { } message || message.HasErrors()
                || (message.Texts("Versions") is { } versions && !versions.Contains(protocol ?? "")))
            {
                continue;
            }

            var (name, tag) = MessageReader.KeyOf(message);
            var isRequest = ContractReader.ReplyOf(method.ReturnType) is not null;
            var problem = (name, tag) switch
            {
                _ when isRequest && !format.CanAsk =>
                    $"awaits a reply, which {format.DisplayName} can't carry: return ValueTask, use another Format, or restrict it with Versions",
                _ when !isRequest && !format.CanNotify =>
                    $"awaits no reply, but {format.DisplayName} has no notifications: return ValueTask<T>, use another Format, or restrict it with Versions",
                ({ }, _) when !format.HasNames && format.HasTags => $"has a name, but {format.DisplayName} identifies messages by tags: use [Message(number)]",
                (_, { }) when format.HasNames && !format.HasTags => $"has a tag, but {format.DisplayName} identifies messages by names: use [Message(\"name\")]",
                (_, { } number) when format.HasTags && (number < format.MinTag || number > format.MaxTag) =>
                    $"has the tag {number}, which is outside the range of {format.DisplayName}: use a tag from {format.MinTag} to {format.MaxTag}",
                _ => null,
            };
            if (problem is not null)
            {
                problems.Report(Rules.FormatCan, location, method.Display(), problem);
            }
        }
    }
}
