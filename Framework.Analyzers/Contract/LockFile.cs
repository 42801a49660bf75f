using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>The content of the lock file, or the reason that it can't be read.</summary>
internal sealed class LockFile
{
    private readonly LockRepetitions _repetitions = new();

    private LockFile(string path, SourceText text)
    {
        Path = path;
        Text = text;
        var content = text.ToString();
        try
        {
            Protocols = string.IsNullOrWhiteSpace(content) ? [] : ReadProtocols(LockParser.Parse(content));
        }
        catch (LockSyntaxException problem)
        {
            Problem = problem;
        }
    }

    public IReadOnlyList<(ProtocolDescription Protocol, int Position)> Protocols { get; } = [];

    public LockSyntaxException? Problem { get; }

    /// <summary>The entries that the file contains twice. Only the first of each is used.</summary>
    public IReadOnlyList<(string What, int Position)> Repetitions => _repetitions.Found;

    private string Path { get; }

    private SourceText Text { get; }

    /// <summary>Reads the file. An empty file contains no protocols.</summary>
    public static LockFile? Read(AdditionalText file, CancellationToken cancellationToken) =>
        file.GetText(cancellationToken) is { } text ? Read(file.Path, text) : null;

    /// <summary>Reads the text of the file.</summary>
    public static LockFile Read(string path, SourceText text) => new(path, text);

    public Location LocationAt(int position)
    {
        var line = Text.Lines.GetLineFromPosition(Math.Min(position, Text.Length));
        var span = TextSpan.FromBounds(Math.Min(position, line.End), line.End);
        return Location.Create(Path, span, Text.Lines.GetLinePositionSpan(span));
    }

    private List<(ProtocolDescription Protocol, int Position)> ReadProtocols(LockNode file)
    {
        file.With("version", "protocols");
        var version = file["version"];
        if (version.Value is not 1L)
        {
            throw new LockSyntaxException("its version must be 1", version.Position);
        }

        var read = file["protocols"].Items.Select(node => (Protocol: ReadProtocol(node), node.Position)).ToList();
        var first = _repetitions.First(read, protocol => (protocol.Name, protocol.Path, protocol.Kind), protocol => $"the protocol '{protocol.DisplayName}'");
        return [.. first.Select(protocol => read.Find(candidate => ReferenceEquals(candidate.Protocol, protocol)))];
    }

    private ProtocolDescription ReadProtocol(LockNode node)
    {
        node.With("name", "path", "kind", "format", "receives", "sends", "types");
        return new ProtocolDescription(
            node["name"].TextOrNull,
            node["path"].Text,
            node["kind"].Text,
            node["format"].Text,
            ReadMessages(node["receives"], "the message"),
            ReadMessages(node["sends"], "the push"),
            _repetitions.First(node["types"].Items.Select(item => (ReadType(item), item.Position)), type => type.Type, type => $"the type '{type.Type}'"));
    }

    private EquatableArray<MessageDescription> ReadMessages(LockNode node, string what) => _repetitions.First(
        node.Items.Select(item => (ReadMessage(item), item.Position)), message => message.Message, message => $"{what} '{message.Message}'");

    private static MessageDescription ReadMessage(LockNode node)
    {
        node.With("message", "payload", "payloads", "reply", "stream");
        return new MessageDescription(
            node["message"].Text,
            node.Optional("payload") is { } one ? [one.Text] : Texts(node.Optional("payloads")),
            node.Optional("reply")?.Text,
            node.Optional("stream")?.Text);
    }

    private TypeDescription ReadType(LockNode node)
    {
        node.With("type", "members", "values");
        var type = node["type"].Text;
        return new TypeDescription(
            type,
            _repetitions.First(
                (node.Optional("members")?.Items ?? []).Select(item => (ReadMember(item), item.Position)), member => member.Name, member => $"the member '{member.Name}' of '{type}'"),
            Texts(node.Optional("values")));
    }

    private static MemberDescription ReadMember(LockNode node)
    {
        node.With("name", "type", "required");
        return new MemberDescription(node["name"].Text, node["type"].Text, node.Optional("required")?.Flag ?? false);
    }

    private static EquatableArray<string> Texts(LockNode? node) => (node?.Items ?? []).Select(item => item.Text).ToEquatableArray();
}
