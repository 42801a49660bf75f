using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>The types that a description's messages reach.</summary>
internal static class ContractTypes
{
    /// <summary>Adds referenced types that are missing, and removes types that no message reaches.</summary>
    /// <param name="protocol">The description.</param>
    /// <param name="source">The description that has the missing types.</param>
    public static ProtocolDescription Complete(ProtocolDescription protocol, ProtocolDescription source)
    {
        var known = new Dictionary<string, TypeDescription>(StringComparer.Ordinal);
        foreach (var type in protocol.Types.Concat(source.Types).Where(type => !known.ContainsKey(type.Type)))
        {
            known.Add(type.Type, type);
        }

        var reached = new SortedDictionary<string, TypeDescription>(StringComparer.Ordinal);
        var pending = new Stack<string>(protocol.Receives.Concat(protocol.Sends).SelectMany(NamesIn));
        while (pending.Count > 0)
        {
            var name = Bare(pending.Pop());
            if (known.TryGetValue(name, out var type) && !reached.ContainsKey(name))
            {
                reached.Add(name, type);
                foreach (var next in type.Members.Select(member => member.Type).Concat(type.Values.Select(AfterColon)))
                {
                    pending.Push(next);
                }
            }
        }

        return protocol with { Types = reached.Values.ToEquatableArray() };
    }

    private static IEnumerable<string> NamesIn(MessageDescription message) =>
        message.Payloads.Select(AfterColon).Concat(new[] { message.Reply, message.Stream }.OfType<string>());

    private static string AfterColon(string text) => text.IndexOf(": ", StringComparison.Ordinal) is var colon and >= 0 ? text.Substring(colon + 2) : text;

    private static string Bare(string type) =>
        type.EndsWith("?", StringComparison.Ordinal) ? Bare(type.Substring(0, type.Length - 1))
        : type.EndsWith("[]", StringComparison.Ordinal) ? Bare(type.Substring(0, type.Length - 2))
        : type.StartsWith("map<", StringComparison.Ordinal) && type.EndsWith(">", StringComparison.Ordinal) ? Bare(type.Substring(4, type.Length - 5))
        : type;
}
