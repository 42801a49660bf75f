using System.Globalization;
using System.Text;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Generators.Emit;

/// <summary>
/// Writes the lookup of a name among UTF-8 bytes. It switches on the length, then on a byte that distinguishes the names, repeatedly while
/// many remain, and compares only the last few as a whole. So the number of comparisons doesn't grow with the number of names.
/// </summary>
internal static class NameSwitch
{
    // A few comparisons of names of one length are as fast as another switch.
    private const int MaxCompared = 4;

    public static void Emit(SourceWriter writer, IReadOnlyList<(string Name, string Call)> names)
    {
        if (names.Count == 0)
        {
            return;
        }

        writer.Line("global::System.ReadOnlySpan<byte> name = call.Name;");
        writer.Open("switch (name.Length)");
        foreach (var group in names
            .Select(name => new Target(name.Name, name.Call, Encoding.UTF8.GetBytes(name.Name)))
            .GroupBy(name => name.Bytes.Length)
            .OrderBy(group => group.Key))
        {
            Among(writer, group.Key.ToString(CultureInfo.InvariantCulture), [.. group]);
        }

        writer.Close();
        writer.Blank();
    }

    /// <summary>Writes the case of the remaining names, which are distinct and have the same length.</summary>
    private static void Among(SourceWriter writer, string label, List<Target> names)
    {
        if (names.Count <= MaxCompared)
        {
            names.ForEach(name => Case(writer, label, name.Name, name.Call));
            return;
        }

        var position = BestPosition(names.ConvertAll(name => name.Bytes));
        writer.Line($"case {label}:");
        writer.Indent();
        writer.Open($"switch (name[{position.ToString(CultureInfo.InvariantCulture)}])");
        foreach (var group in names.GroupBy(name => name.Bytes[position]))
        {
            Among(writer, Byte(group.Key), [.. group]);
        }

        writer.Close();
        writer.Blank();
        writer.Line("break;");
        writer.Outdent();
    }

    private static void Case(SourceWriter writer, string label, string name, string call)
    {
        writer.Line($"case {label} when global::System.MemoryExtensions.SequenceEqual(name, {Literals.Text(name)}u8):");
        writer.Indent();
        writer.Line($"return {call};");
        writer.Outdent();
    }

    private static int BestPosition(List<byte[]> names) =>
        Enumerable.Range(0, names[0].Length).OrderByDescending(position => names.Select(name => name[position]).Distinct().Count()).First();

    private static string Byte(byte value) => value is > 0x20 and < 0x7f and not ((byte)'\'' or (byte)'\\')
        ? $"(byte)'{(char)value}'"
        : "0x" + value.ToString("x2", CultureInfo.InvariantCulture);

    private sealed record Target(string Name, string Call, byte[] Bytes);
}
