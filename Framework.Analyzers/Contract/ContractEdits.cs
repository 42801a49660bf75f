using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>Changes a single part of a description.</summary>
internal static class ContractEdits
{
    /// <summary>Changes a message or a push, or removes it if <paramref name="edit"/> returns null.</summary>
    public static ProtocolDescription Message(ProtocolDescription protocol, string message, bool isSent, Func<MessageDescription, MessageDescription?> edit)
    {
        var messages = Edit(isSent ? protocol.Sends : protocol.Receives, candidate => candidate.Message == message, edit);
        return isSent ? protocol with { Sends = messages } : protocol with { Receives = messages };
    }

    /// <summary>Changes the shape of a type.</summary>
    public static ProtocolDescription Type(ProtocolDescription protocol, string type, Func<TypeDescription, TypeDescription> edit) =>
        protocol with { Types = Edit(protocol.Types, candidate => candidate.Type == type, edit) };

    /// <summary>Changes a member of a type, or removes it if <paramref name="edit"/> returns null.</summary>
    public static ProtocolDescription Member(ProtocolDescription protocol, string type, string member, Func<MemberDescription, MemberDescription?> edit) =>
        Type(protocol, type, shape => shape with { Members = Edit(shape.Members, candidate => candidate.Name == member, edit) });

    private static EquatableArray<T> Edit<T>(EquatableArray<T> items, Func<T, bool> isMeant, Func<T, T?> edit)
        where T : class, IEquatable<T> =>
        items.Select(item => isMeant(item) ? edit(item) : item).OfType<T>().ToEquatableArray();
}
