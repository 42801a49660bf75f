using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>What the lock file says, or why it can't be read.</summary>
internal sealed class LockFile
{
    private LockFile(string path, SourceText text, IReadOnlyList<(ProtocolDescription Protocol, int Position)> protocols, LockSyntaxException? problem)
    {
        Path = path;
        Text = text;
        Protocols = protocols;
        Problem = problem;
    }

    public IReadOnlyList<(ProtocolDescription Protocol, int Position)> Protocols { get; }

    public LockSyntaxException? Problem { get; }

    private string Path { get; }

    private SourceText Text { get; }

    /// <summary>Reads the file; an empty one knows no protocol yet.</summary>
    public static LockFile? Read(AdditionalText file, CancellationToken cancellationToken)
    {
        if (file.GetText(cancellationToken) is not { } text)
        {
            return null;
        }

        var content = text.ToString();
        try
        {
            return new LockFile(file.Path, text, string.IsNullOrWhiteSpace(content) ? [] : ReadProtocols(LockParser.Parse(content)), problem: null);
        }
        catch (LockSyntaxException problem)
        {
            return new LockFile(file.Path, text, [], problem);
        }
    }

    public Location LocationAt(int position)
    {
        var line = Text.Lines.GetLineFromPosition(Math.Min(position, Text.Length));
        var span = TextSpan.FromBounds(Math.Min(position, line.End), line.End);
        return Location.Create(Path, span, Text.Lines.GetLinePositionSpan(span));
    }

    private static List<(ProtocolDescription Protocol, int Position)> ReadProtocols(LockNode file)
    {
        file.With("version", "protocols");
        var version = file["version"];
        return version.Value is 1L
            ? [.. file["protocols"].Items.Select(node => (ReadProtocol(node), node.Position))]
            : throw new LockSyntaxException("its version is not 1", version.Position);
    }

    private static ProtocolDescription ReadProtocol(LockNode node)
    {
        node.With("name", "path", "kind", "format", "receives", "sends", "types");
        return new ProtocolDescription(
            node["name"].TextOrNull,
            node["path"].Text,
            node["kind"].Text,
            node["format"].Text,
            node["receives"].Items.Select(ReadMessage).ToEquatableArray(),
            node["sends"].Items.Select(ReadMessage).ToEquatableArray(),
            node["types"].Items.Select(ReadType).ToEquatableArray());
    }

    private static MessageDescription ReadMessage(LockNode node)
    {
        node.With("message", "payload", "payloads", "reply", "stream");
        return new MessageDescription(
            node["message"].Text,
            node.Optional("payload") is { } one ? [one.Text] : Texts(node.Optional("payloads")),
            node.Optional("reply")?.Text,
            node.Optional("stream")?.Text);
    }

    private static TypeDescription ReadType(LockNode node)
    {
        node.With("type", "members", "values");
        return new TypeDescription(
            node["type"].Text,
            (node.Optional("members")?.Items ?? []).Select(ReadMember).ToEquatableArray(),
            Texts(node.Optional("values")));
    }

    private static MemberDescription ReadMember(LockNode node)
    {
        node.With("name", "type", "required");
        return new MemberDescription(node["name"].Text, node["type"].Text, node.Optional("required")?.Flag ?? false);
    }

    private static EquatableArray<string> Texts(LockNode? node) => (node?.Items ?? []).Select(item => item.Text).ToEquatableArray();
}
