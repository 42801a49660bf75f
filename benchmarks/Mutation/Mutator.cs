using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace UpgradeProtocols.Mutation;

/// <summary>Finds the mutable places of a file.</summary>
internal sealed partial class Mutator : CSharpSyntaxWalker
{
    private readonly string _file;
    private readonly SourceText _text;
    private readonly Func<int> _nextNumber;
    private readonly Func<string, bool> _isExcluded;
    private readonly Dictionary<string, int> _ordinals = new(StringComparer.Ordinal);
    private readonly List<(Mutant Mutant, Edit[] Edits)> _found = [];

    private Mutator(string file, SourceText text, Func<int> nextNumber, Func<string, bool> isExcluded) =>
        (_file, _text, _nextNumber, _isExcluded) = (file, text, nextNumber, isExcluded);

    /// <summary>Finds the mutants of a file.</summary>
    /// <param name="file">The file's name in the repository.</param>
    /// <param name="content">Its content.</param>
    /// <param name="nextNumber">Gets the number of the next mutant.</param>
    /// <param name="isExcluded">Whether the mutant with this id doesn't compile.</param>
    public static (string Content, List<Mutant> Mutants) Mutate(string file, string content, Func<int> nextNumber, Func<string, bool> isExcluded)
    {
        var tree = CSharpSyntaxTree.ParseText(content, new CSharpParseOptions(LanguageVersion.Preview));
        var mutator = new Mutator(file, tree.GetText(), nextNumber, isExcluded);
        mutator.Visit(tree.GetRoot());
        return (Edit.Apply(content, [.. mutator._found.SelectMany(found => found.Edits).Distinct()]), [.. mutator._found.Select(found => found.Mutant)]);
    }

    private static string Is(int number) => $"global::UpgradeProtocols.Mutants.MutantSwitch.Is({number})";

    private static string Short(SyntaxNode node) => string.Join(' ', node.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    // Variables of a pattern or an argument can't be declared twice, and must be assigned whenever they are used.
    private static bool Declares(SyntaxNode node) =>
        node.DescendantNodesAndSelf().Any(static inner => inner is VariableDesignationSyntax and not DiscardDesignationSyntax);

    private void Add(SyntaxNode place, string kind, string changed, Func<int, Edit[]> edits)
    {
        var old = Short(place);
        var key = $"{kind}|{old}|{changed}";
        var ordinal = _ordinals.GetValueOrDefault(key);
        _ordinals[key] = ordinal + 1;
        var mutant = new Mutant(0, _file, _text.Lines.GetLineFromPosition(place.SpanStart).LineNumber + 1, kind, old, changed, ordinal);
        if (_isExcluded(mutant.Id))
        {
            return;
        }

        mutant = mutant with { Number = _nextNumber() };
        _found.Add((mutant, edits(mutant.Number)));
    }

    private void Choose(ExpressionSyntax place, string kind, string changed) => Add(
        place,
        kind,
        string.Join(' ', changed.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)),
        number => [new Edit(place.SpanStart, place.Span.End, $"({Is(number)} ? {changed} : ", ")")]);

    private void Wrap(ExpressionSyntax place, string kind, string changed, Func<string, string> prefix) =>
        Add(place, kind, changed, number => [new Edit(place.SpanStart, place.Span.End, prefix(Is(number)) + "(", "))")]);
}
