using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace UpgradeProtocols.Declarations;

/// <summary>
/// Records the symbols that generated code names while a declaration is read: extern aliases of their assemblies, and obsolete and
/// experimental warnings. The instance is thread-static, so that callers only need the type to write its code.
/// </summary>
internal sealed class NamedSymbols : IDisposable
{
    [ThreadStatic]
    private static NamedSymbols? t_current;

    private readonly NamedSymbols? _outer = t_current;
    private readonly Dictionary<IAssemblySymbol, string>? _aliases;
    private readonly HashSet<ISymbol> _seen = new(SymbolEqualityComparer.Default);
    private readonly SortedSet<string> _usedAliases = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _warnings = new(StringComparer.Ordinal);

    public NamedSymbols(Compilation compilation)
    {
        _aliases = AliasesOf(compilation);
        t_current = this;
    }

    // The first named symbol that is obsolete as an error. No pragma suppresses that error.
    private string? _obsolete;

    public FileHead Head => new(_usedAliases.ToEquatableArray(), _warnings.ToEquatableArray());

    /// <summary>Reports, at the declaration, a symbol that generated code can't name. Returns whether it can name all symbols.</summary>
    public bool Check(INamedTypeSymbol type, ProblemSink problems)
    {
        if (_obsolete is null)
        {
            return true;
        }

        problems.Report(
            Rules.GeneratedCode, type.FirstLocation, type.Name, $"requires generated code that uses '{_obsolete}', which is obsolete as an error: use another type or member");
        return false;
    }

    public void Dispose() => t_current = _outer;

    /// <summary>Records a type, a member or a constructor that generated code names.</summary>
    public static void Note(ISymbol symbol) => t_current?.Visit(symbol);

    /// <summary>Writes the type as code, and records the symbols in it.</summary>
    public static string Write(ITypeSymbol type, SymbolDisplayFormat format)
    {
        t_current?.Visit(type);
        var text = type.ToDisplayString(format);
        return t_current?._aliases is not null || HasCapturableWord(text) ? Rewritten(type.ToDisplayParts(format)) : text;
    }

    // These words are keywords only by context. A user's type with such a name could be confused with the keyword.
    private static bool HasCapturableWord(string text) => text.Contains("dynamic") || text.Contains("nint") || text.Contains("nuint") || text.Contains("partial");

    private static string Rewritten(IReadOnlyList<SymbolDisplayPart> parts) => string.Concat(parts.Select((part, index) =>
        part.Kind == SymbolDisplayPartKind.Keyword
            ? part.ToString() switch
            {
                "dynamic" => "object",
                "nint" => "global::System.IntPtr",
                "nuint" => "global::System.UIntPtr",
                "global" => t_current?.AliasOf(parts.Skip(index).Select(next => next.Symbol).OfType<INamedTypeSymbol>().FirstOrDefault()) ?? "global",
                var keyword => keyword,
            }
            : part.ToString() == "partial" ? "@partial" : part.ToString()));

    private string? AliasOf(INamedTypeSymbol? type)
    {
        if (type?.ContainingAssembly is not { } assembly || _aliases is null || !_aliases.TryGetValue(assembly, out var alias))
        {
            return null;
        }

        _usedAliases.Add(alias);
        return Symbols.Escape(alias);
    }

    private static Dictionary<IAssemblySymbol, string>? AliasesOf(Compilation compilation)
    {
        Dictionary<IAssemblySymbol, string>? aliases = null;
        foreach (var reference in compilation.ExternalReferences)
        {
            // Use the alias even if the reference is also global, because two global assemblies may declare the same type.
            var alias = reference.Properties.Aliases.FirstOrDefault(name => name != MetadataReferenceProperties.GlobalAlias);
            if (alias is not null && compilation.GetAssemblyOrModuleSymbol(reference) is IAssemblySymbol assembly
                && !assembly.Name.StartsWith(Attributes.Namespace, StringComparison.Ordinal))
            {
                aliases ??= new Dictionary<IAssemblySymbol, string>(SymbolEqualityComparer.Default);
                aliases[assembly] = alias;
            }
        }

        return aliases;
    }

    private void Visit(ISymbol symbol)
    {
        if (symbol is IArrayTypeSymbol array)
        {
            Visit(array.ElementType);
            return;
        }

        if (symbol is ITypeSymbol { SpecialType: not (SpecialType.None or SpecialType.System_Nullable_T) } || !_seen.Add(symbol))
        {
            return;
        }

        foreach (var argument in (symbol as INamedTypeSymbol)?.TypeArguments ?? [])
        {
            Visit(argument);
        }

        foreach (var attribute in symbol.GetAttributes())
        {
            if (WarningOf(attribute) is { } warning && SyntaxFacts.IsValidIdentifier(warning))
            {
                _warnings.Add(warning);
            }
        }

        if (_obsolete is null && symbol.IsObsoleteError())
        {
            _obsolete = symbol is ITypeSymbol type ? type.Display() : symbol is IMethodSymbol method ? method.Display() : symbol.Name;
        }

        // The attribute also applies from the containing type, module or assembly.
        var around = symbol.ContainingType ?? (ISymbol?)symbol.ContainingModule ?? symbol.ContainingAssembly;
        if (around is not null)
        {
            Visit(around);
        }
    }

    private static string? WarningOf(AttributeData attribute) => attribute.AttributeClass?.Name switch
    {
        "ExperimentalAttribute" when attribute.AttributeClass.Is("System.Diagnostics.CodeAnalysis", "ExperimentalAttribute") =>
            attribute.ConstructorArguments is [{ Value: string id }] ? id : null,
        "ObsoleteAttribute" when attribute.AttributeClass.Is("System", "ObsoleteAttribute") => attribute.Text("DiagnosticId"),
        _ => null,
    };
}
