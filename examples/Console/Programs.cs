namespace RemoteConsole;

/// <summary>The programs to attach to. The client chooses one of the names; the server defines the commands.</summary>
internal static class Programs
{
    private static readonly Dictionary<string, string[]> s_commands = new(StringComparer.Ordinal)
    {
        ["shell"] = ["sh"],
        ["sort"] = ["sort"],
        ["upper"] = ["tr", "a-z", "A-Z"],
    };

    public static IEnumerable<string> Names => s_commands.Keys;

    public static bool Has(string name) => s_commands.ContainsKey(name);

    public static RunningProgram Start(string name) => RunningProgram.Start(s_commands[name]);
}
