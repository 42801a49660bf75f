using System.Globalization;
using System.Text;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Generators.Emit;

/// <summary>Writes the lookup of a name among UTF-8 bytes: by length, then by a byte that tells apart, then compared whole.</summary>
internal static class NameSwitch
{
    // A few comparisons of one length are as quick as a second switch.
    private const int MaxCompared = 4;

    public static void Emit(SourceWriter writer, IReadOnlyList<(string Name, string Call)> names)
    {
        if (names.Count == 0)
        {
            return;
        }

        writer.Line("var name = call.Name;");
        writer.Open("switch (name.Length)");
        foreach (var group in names
            .Select(name => (name.Name, name.Call, Bytes: Encoding.UTF8.GetBytes(name.Name)))
            .GroupBy(name => name.Bytes.Length)
            .OrderBy(group => group.Key))
        {
            var length = group.Key.ToString(CultureInfo.InvariantCulture);
            var members = group.ToList();
            if (members.Count <= MaxCompared)
            {
                foreach (var (name, call, _) in members)
                {
                    Case(writer, length, name, call);
                }

                continue;
            }

            var position = BestPosition(members.ConvertAll(member => member.Bytes), group.Key);
            writer.Line($"case {length}:");
            writer.Indent();
            writer.Open($"switch (name[{position.ToString(CultureInfo.InvariantCulture)}])");
            foreach (var (name, call, bytes) in members)
            {
                Case(writer, Byte(bytes[position]), name, call);
            }

            writer.Close();
            writer.Blank();
            writer.Line("break;");
            writer.Outdent();
        }

        writer.Close();
        writer.Blank();
    }

    private static void Case(SourceWriter writer, string label, string name, string call)
    {
        writer.Line($"case {label} when global::System.MemoryExtensions.SequenceEqual(name, {Literals.Text(name)}u8):");
        writer.Indent();
        writer.Line($"return {call};");
        writer.Outdent();
    }

    private static int BestPosition(List<byte[]> names, int length) =>
        Enumerable.Range(0, length).OrderByDescending(position => names.Select(name => name[position]).Distinct().Count()).First();

    private static string Byte(byte value) => value is > 0x20 and < 0x7f and not ((byte)'\'' or (byte)'\\')
        ? $"(byte)'{(char)value}'"
        : "0x" + value.ToString("x2", CultureInfo.InvariantCulture);
}
