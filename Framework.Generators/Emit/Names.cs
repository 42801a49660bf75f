using System.Globalization;
using System.Text;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Generators.Emit;

/// <summary>Creates names of generated types and files: the declared names, with a hash where two would be equal.</summary>
/// <param name="Ambiguous">The declared types whose names need a hash.</param>
/// <param name="Module">The class that registers the assembly's handlers.</param>
internal sealed record Names(EquatableArray<string> Ambiguous, string Module)
{
    private const int MaxLength = 100;

    public const string RegistrationHint = "UpgradeProtocols.Registration.g.cs";

    /// <summary>
    /// Finds the types whose names are ambiguous: file systems may ignore case, and dots become underscores.
    /// </summary>
    /// <param name="fullNames">The declared types.</param>
    /// <param name="assemblyName">The assembly.</param>
    /// <param name="taken">The names that the user declares in the namespace of generated types.</param>
    public static Names Of(IEnumerable<string> fullNames, string assemblyName, IReadOnlyList<string> taken)
    {
        var module = ModuleOf(assemblyName);
        module = taken.Contains(module) ? $"{module}_{Hash(assemblyName)}" : module;
        var names = fullNames.Distinct(StringComparer.Ordinal).OrderBy(name => name, StringComparer.Ordinal).ToList();
        var files = new[] { RegistrationHint, DescriptionEmitter.Hint }.Select(hint => hint.Substring(0, hint.Length - ".g.cs".Length));
        var types = new HashSet<string>([module, .. taken, .. Code.NestedClasses], StringComparer.Ordinal);
        var sameFile = names.Concat(files).GroupBy(name => name, StringComparer.OrdinalIgnoreCase).Where(group => group.Skip(1).Any());
        var sameType = names.GroupBy(Flatten, StringComparer.Ordinal).Where(group => group.Skip(1).Any() || types.Contains(group.Key));
        var ambiguous = new HashSet<string>(sameFile.Concat(sameType).SelectMany(group => group), StringComparer.Ordinal);
        return new Names(names.Where(ambiguous.Contains).ToEquatableArray(), module);
    }

    /// <summary>The name of the generated type for a declared type.</summary>
    public string TypeOf(string fullName) => Finish(Flatten(fullName), fullName, '_', isLossy: false);

    /// <summary>The name of the generated file for a declared type.</summary>
    public string HintOf(string fullName)
    {
        var safe = new string([.. fullName.Select(character => character == '.' || IsPlain(character) ? character : '_')]);
        return Finish(safe, fullName, '-', isLossy: safe != fullName) + ".g.cs";
    }

    /// <summary>A name in Pascal case from any text: <c>chat.v2</c> becomes <c>ChatV2</c>.</summary>
    public static string Pascal(string text)
    {
        var name = new StringBuilder();
        var isStart = true;
        foreach (var character in text)
        {
            if (character < 128 && char.IsLetterOrDigit(character))
            {
                name.Append(isStart ? char.ToUpperInvariant(character) : character);
                isStart = false;
            }
            else
            {
                isStart = true;
            }
        }

        return name.Length == 0 ? "Protocol" : char.IsDigit(name[0]) ? "Protocol" + name : name.ToString();
    }

    /// <summary>A name in which underscores replace dots and other characters that an identifier can't have.</summary>
    public static string Flatten(string name)
    {
        var flat = new string([.. name.Select(character => IsPlain(character) ? character : '_')]);
        return flat.Length == 0 || char.IsDigit(flat[0]) ? "_" + flat : flat;
    }

    // The name must be unique per assembly, because assemblies see each other's modules.
    private static string ModuleOf(string assemblyName)
    {
        var flat = Flatten(assemblyName);
        return (flat == assemblyName.Replace('.', '_') && !assemblyName.Contains('_') ? flat : $"{flat}_{Hash(assemblyName)}") + "_Module";
    }

    // Letters outside ASCII are valid in type names and file names.
    private static bool IsPlain(char character) => char.IsLetterOrDigit(character) || character == '_';

    private string Finish(string name, string fullName, char separator, bool isLossy) =>
        name.Length <= MaxLength && !isLossy && !Ambiguous.Contains(fullName)
            ? name
            : $"{(name.Length <= MaxLength ? name : name.Substring(0, MaxLength))}{separator}{Hash(fullName)}";

    // FNV-1a, because its result is the same on every machine and in every run.
    private static string Hash(string text)
    {
        var hash = 2166136261;
        foreach (var character in text)
        {
            hash = unchecked((hash ^ character) * 16777619);
        }

        return hash.ToString("x8", CultureInfo.InvariantCulture);
    }
}

/// <summary>Assigns unique names in a scope.</summary>
internal sealed class Scope(params string[] reserved)
{
    private readonly HashSet<string> _names = new(reserved.Concat(s_ofObject), StringComparer.Ordinal);

    private static readonly string[] s_ofObject =
        ["Equals", "Finalize", "GetHashCode", "GetType", "MemberwiseClone", "ReferenceEquals", "ToString"];

    public string Take(string wanted)
    {
        var name = wanted;
        for (var number = 2; !_names.Add(name); number++)
        {
            name = wanted + number.ToString(CultureInfo.InvariantCulture);
        }

        return name;
    }
}
