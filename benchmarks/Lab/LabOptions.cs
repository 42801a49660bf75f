using System.Globalization;

namespace UpgradeProtocols.Lab;

/// <summary>What is measured, and how long.</summary>
internal sealed record LabOptions
{
    public const string Usage = """
        benchmarks/run [options]
          --servers a,b,…     which servers (default: all that could be built); ours is always measured
          --work a,b,…        which work (default: all)
          --seconds N         the length of a window (5)
          --repetitions N     windows for each server and work (3)
          --warm-up N         seconds before the first window of a work (15)
          --quick             about three minutes: fewer servers, short windows
          --out DIR           where table.md, results.json and chart.svg go (artifacts/lab)
          --list              names servers and work
        """;

    private static readonly string[] QuickServers = ["ours", "ours-epoll", "raw-kestrel", "aspnet", "signalr-json"];

    public required string Root { get; init; }

    public required string Tools { get; init; }

    public required string Output { get; init; }

    public double Seconds { get; init; } = 5;

    public double WarmUp { get; init; } = 15;

    public int Repetitions { get; init; } = 3;

    public required IReadOnlyList<Contender> Contenders { get; init; }

    public required IReadOnlyList<Work> Work { get; init; }

    public static bool TryParse(string[] arguments, out LabOptions options)
    {
        options = null!;
        var root = Directory.GetCurrentDirectory();
        var tools = Path.Combine(root, "artifacts", "lab", "bin");
        var (output, seconds, warmUp, repetitions) = (Path.Combine(root, "artifacts", "lab"), 5.0, 15.0, 3);
        var contenders = Contender.All(root, tools);
        var work = Lab.Work.All;
        for (var i = 0; i < arguments.Length; i++)
        {
            var option = arguments[i];
            if (option is "--quick")
            {
                (seconds, warmUp, repetitions) = (1, 2, 3);
                contenders = [.. contenders.Where(c => QuickServers.Contains(c.Name))];
                continue;
            }

            if (option is "--list")
            {
                Console.WriteLine($"servers: {string.Join(", ", contenders.Select(c => c.Name))}");
                Console.WriteLine($"work:    {string.Join(", ", work.Select(w => w.Name))}");
                Environment.Exit(0);
            }

            if (++i == arguments.Length)
            {
                return false;
            }

            var value = arguments[i];
            switch (option)
            {
                case "--servers":
                    contenders = [.. contenders.Where(c => c.Name is Contender.Ours || value.Split(',').Contains(c.Name))];
                    break;
                case "--work":
                    work = [.. work.Where(w => value.Split(',').Contains(w.Name))];
                    break;
                case "--seconds":
                    seconds = double.Parse(value, CultureInfo.InvariantCulture);
                    break;
                case "--repetitions":
                    repetitions = int.Parse(value, CultureInfo.InvariantCulture);
                    break;
                case "--warm-up":
                    warmUp = double.Parse(value, CultureInfo.InvariantCulture);
                    break;
                case "--out":
                    output = Path.GetFullPath(value);
                    break;
                default:
                    return false;
            }
        }

        options = new LabOptions
        {
            Root = root,
            Tools = tools,
            Output = output,
            Seconds = seconds,
            WarmUp = warmUp,
            Repetitions = repetitions,
            Contenders = contenders,
            Work = work,
        };
        return work.Count > 0;
    }
}
