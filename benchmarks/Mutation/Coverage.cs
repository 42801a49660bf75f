using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace UpgradeProtocols.Mutation;

/// <summary>Which test classes reach which mutants, and how long each class takes. A class that hasn't changed isn't run again.</summary>
/// <param name="folder">The folder of the records.</param>
/// <param name="build">Identifies the mutants.</param>
internal sealed class Coverage(string folder, string build)
{
    // A slower class would make every mutant slow.
    private const double SlowSeconds = 9;

    private readonly Dictionary<int, List<string>> _classes = [];
    private readonly Dictionary<string, (double Seconds, int Reached)> _known = [];

    public void Record(TestRunner runner, Dictionary<string, string> classes)
    {
        Directory.CreateDirectory(folder);
        foreach (var (name, source) in classes)
        {
            var key = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(build + source)))[..16];
            var file = Path.Combine(folder, $"{name}.{key}");
            if (!File.Exists(file))
            {
                File.WriteAllLines(file, RecordOf(runner, name));
            }

            var numbers = File.ReadAllLines(file).Select(static line => double.Parse(line, CultureInfo.InvariantCulture)).ToList();
            if (numbers.Count > 0 && numbers[0] <= SlowSeconds)
            {
                Add(name, numbers[0], [.. numbers.Skip(1).Select(static number => (int)number)]);
            }
        }

        Console.WriteLine($"{_known.Count} of {classes.Count} test classes reach {_classes.Count} mutants.");
    }

    /// <summary>The classes that reach a mutant: first those that reach few others.</summary>
    public List<string> ClassesOf(Mutant mutant) =>
        [.. (_classes.GetValueOrDefault(mutant.Number) ?? []).OrderBy(name => _known[name].Reached * _known[name].Seconds)];

    public TimeSpan TimeOf(IEnumerable<string> classes) => TimeSpan.FromSeconds(classes.Sum(name => _known[name].Seconds));

    // The seconds, then the numbers; nothing for a class that fails.
    private static IEnumerable<string> RecordOf(TestRunner runner, string name)
    {
        var time = Stopwatch.StartNew();
        var code = runner.Run(-1, [name], TimeSpan.FromSeconds(20));
        var seconds = time.Elapsed.TotalSeconds.ToString("F2", CultureInfo.InvariantCulture);
        Console.WriteLine($"{name}: {runner.Reached.Count} mutants, {seconds} s, exit code {code}");
        return code == 0 ? [seconds, .. runner.Reached.Select(static number => number.ToString(CultureInfo.InvariantCulture))] : [];
    }

    private void Add(string name, double seconds, List<int> numbers)
    {
        _known[name] = (seconds, numbers.Count);
        foreach (var number in numbers)
        {
            if (!_classes.TryGetValue(number, out var list))
            {
                _classes.Add(number, list = []);
            }

            list.Add(name);
        }
    }
}
