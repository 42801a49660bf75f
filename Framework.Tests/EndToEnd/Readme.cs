using System.Text.RegularExpressions;

namespace UpgradeProtocols.Tests.EndToEnd;

/// <summary>The blocks of code in README.md.</summary>
internal static partial class Readme
{
    public static string Repository { get; } = Path.GetFullPath(Path.Combine(Programs.Metadata("Tests.Folder"), ".."));

    private static string Text { get; } = File.ReadAllText(Path.Combine(Repository, "README.md"));

    public static string[] Blocks(string language) =>
        [.. Block().Matches(Text).Where(block => block.Groups["language"].Value == language).Select(block => block.Groups["code"].Value)];

    /// <summary>The commands of the shell blocks, without their comments.</summary>
    public static string[] Commands() =>
        [.. Blocks("sh").SelectMany(block => block.Split('\n')).Select(line => line.Split('#')[0].Trim()).Where(line => line.Length > 0)];

    [GeneratedRegex("```(?<language>\\w+)\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
