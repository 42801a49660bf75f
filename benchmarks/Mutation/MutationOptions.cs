namespace UpgradeProtocols.Mutation;

/// <summary>The command line.</summary>
internal sealed record MutationOptions(string Repository, string Scratch, IReadOnlyList<string> Folders, bool OnlySurvivors, bool ListsOnly, int Every)
{
    /// <summary>The folders whose mutants the build has.</summary>
    public static readonly string[] AllFolders =
    [
        "Framework.Conversation/Outbound", "Framework.Conversation/Queue", "Framework.Conversation/Calls", "Framework.Conversation/Sessions",
        "Framework/Groups", "Framework/Backplane", "Framework/Dispatch", "Framework/Handlers", "Framework/Negotiation",
        "Framework.Transport.Epoll",
    ];

    public static MutationOptions? Parse(string[] args)
    {
        var folders = new List<string>();
        var scratch = Path.Combine(Path.GetTempPath(), "upgrade-mutation");
        var every = 1;
        bool onlySurvivors = false, listsOnly = false;
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--again":
                    onlySurvivors = true;
                    break;
                case "--list":
                    listsOnly = true;
                    break;
                case "--every" when i + 1 < args.Length && int.TryParse(args[i + 1], out every) && every > 0:
                    i++;
                    break;
                case "--scratch" when i + 1 < args.Length:
                    scratch = Path.GetFullPath(args[++i]);
                    break;
                case ['-', ..]:
                    return null;
                default:
                    folders.Add(args[i].TrimEnd('/'));
                    break;
            }
        }

        return new MutationOptions(FindRepository(), scratch, folders.Count == 0 ? AllFolders : folders, onlySurvivors, listsOnly, every);
    }

    public bool Includes(Mutant mutant) => OrderOf(mutant) >= 0 && mutant.Number % Every == 0;

    /// <summary>The position of the mutant's folder on the command line.</summary>
    public int OrderOf(Mutant mutant) => Folders.ToList().FindIndex(folder => mutant.File.StartsWith(folder, StringComparison.Ordinal));

    private static string FindRepository()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Generated.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The program isn't in the repository.");
        }

        return folder;
    }
}
