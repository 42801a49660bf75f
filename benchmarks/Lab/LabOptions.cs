using System.Globalization;

namespace UpgradeProtocols.Lab;

/// <summary>The command-line options: the measurements and their duration.</summary>
internal sealed record LabOptions
{
    public const string Usage = """
        benchmarks/run [--growth | --variants] [options]
          --growth            measures the growth of our cost with connections, sizes, handlers, messages and groups, with plots
          --variants          measures our server with different runtime settings, and as a native program
          --servers a,b,…     the servers or variants (default: all that are built); ours is always included
          --work a,b,…        the work, or with --growth the plots (default: all)
          --seconds N         the length of a window in seconds (default: 5)
          --repetitions N     the number of windows for each server and work (default: 3)
          --warm-up N         the warm-up in seconds before the first window of a work (default: 15)
          --fresh             runs each window on a newly started server, which has one core from the start and is under
                              load for the warm-up; without this option the server is fully compiled
          --quick             takes some minutes: fewer servers or sizes, short windows
          --out DIR           the folder of the report (default: artifacts/lab): table.md, results.json and chart.svg;
                              growth.md, growth.json and growth-*.svg; variants.md, variants.json and variants.svg
          --list              lists the servers, work, plots and variants
        """;

    private static readonly string[] QuickServers = ["ours", "ours-epoll", "raw-kestrel", "aspnet", "signalr-json"];

    public required string Root { get; init; }

    public required string Tools { get; init; }

    public required string Output { get; init; }

    public LabMode Mode { get; init; }

    /// <summary>Whether the run is reduced to the useful minimum.</summary>
    public bool IsQuick { get; init; }

    /// <summary>Whether each window runs on a newly started server, whose hot code is mostly not compiled yet.</summary>
    public bool IsFresh { get; init; }

    public double Seconds { get; init; } = 5;

    /// <summary>The warm-up from the command line, in seconds.</summary>
    public double? ChosenWarmUp { get; init; }

    // A server costs more while its code is still being compiled, which would look like growth, or like the effect of a setting.
    public double WarmUp => ChosenWarmUp ?? (!IsQuick ? 15 : Mode == LabMode.Peers ? 2 : 6);

    public int Repetitions { get; init; } = 3;

    public required IReadOnlyList<Contender> Contenders { get; init; }

    public required IReadOnlyList<Work> Work { get; init; }

    public required IReadOnlyList<GrowthPlot> Plots { get; init; }

    public static bool TryParse(string[] arguments, out LabOptions options)
    {
        var root = Directory.GetCurrentDirectory();
        var tools = Path.Combine(root, "artifacts", "lab", "bin");
        options = new LabOptions
        {
            Root = root,
            Tools = tools,
            Output = Path.Combine(root, "artifacts", "lab"),
            Contenders = Contender.All(root, tools),
            Work = Lab.Work.All,
            Plots = GrowthPlot.All(root, tools),
        };
        var (servers, work) = (Array.Empty<string>(), Array.Empty<string>());
        for (var i = 0; i < arguments.Length; i++)
        {
            switch (arguments[i])
            {
                case "--growth":
                    options = options with { Mode = LabMode.Growth };
                    continue;
                case "--variants":
                    options = options with { Mode = LabMode.Variants, Contenders = Variant.All(root, tools), Work = Variant.Work };
                    continue;
                case "--fresh":
                    options = options with { IsFresh = true };
                    continue;
                case "--quick":
                    options = options with { IsQuick = true, Seconds = 1, Repetitions = 3 };
                    continue;
                case "--list":
                    List(root, tools);
                    Environment.Exit(0);
                    break;
            }

            if (i + 1 == arguments.Length)
            {
                return false;
            }

            var (option, value) = (arguments[i], arguments[++i]);
            switch (option)
            {
                case "--servers":
                    servers = value.Split(',');
                    break;
                case "--work":
                    work = value.Split(',');
                    break;
                case "--seconds":
                    options = options with { Seconds = double.Parse(value, CultureInfo.InvariantCulture) };
                    break;
                case "--repetitions":
                    options = options with { Repetitions = int.Parse(value, CultureInfo.InvariantCulture) };
                    break;
                case "--warm-up":
                    options = options with { ChosenWarmUp = double.Parse(value, CultureInfo.InvariantCulture) };
                    break;
                case "--out":
                    options = options with { Output = Path.GetFullPath(value) };
                    break;
                default:
                    return false;
            }
        }

        options = options.Choose(servers, work);
        return (options.Mode == LabMode.Growth ? options.Plots.Count : options.Work.Count) > 0;
    }

    private LabOptions Choose(string[] servers, string[] work)
    {
        var candidates = IsQuick && Mode == LabMode.Peers ? Contenders.Where(c => QuickServers.Contains(c.Name)) : Contenders;
        return this with
        {
            Contenders = [.. candidates.Where(c => servers.Length == 0 || c.Name is Contender.Ours || servers.Contains(c.Name))],
            Work = [.. Work.Where(w => work.Length == 0 || work.Contains(w.Name))],
            Plots = [.. Plots.Where(p => work.Length == 0 || work.Contains(p.Name))],
        };
    }

    private static void List(string root, string tools)
    {
        Console.WriteLine($"servers:  {string.Join(", ", Contender.All(root, tools).Select(c => c.Name))}");
        Console.WriteLine($"work:     {string.Join(", ", Lab.Work.All.Select(w => w.Name))}");
        Console.WriteLine($"plots:    {string.Join(", ", GrowthPlot.All(root, tools).Select(p => p.Name))} (--growth)");
        Console.WriteLine($"variants: {string.Join(", ", Variant.All(root, tools).Select(c => c.Name))} (--variants)");
    }
}
