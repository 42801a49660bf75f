using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Generators.Emit;

/// <summary>Writes the assembly's description of its protocols, which other tools read.</summary>
internal static class DescriptionEmitter
{
    public const string Hint = "UpgradeProtocols.Description.g.cs";

    public static string Emit(IEnumerable<ProtocolDescription> protocols)
    {
        var writer = new SourceWriter(FileHead.Empty);
        writer.Line("// The contract of this assembly's protocols, in the format of upgrade-protocols.lock.json.");
        writer.Line($"[assembly: {Code.Ours}UpgradeProtocolDescriptionAttribute(\"\"\"");
        writer.Indent();
        foreach (var line in DescriptionJson.Write(protocols).TrimEnd('\n').Split('\n'))
        {
            writer.Line(line);
        }

        writer.Line("\"\"\")]");
        writer.Outdent();
        return writer.ToString();
    }
}
