using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace UpgradeProtocols.Mutation;

/// <summary>An error of the compiler in the mutated source.</summary>
internal sealed partial record BuildError(string File, int Line, int Column, string Code, string Text)
{
    public static List<BuildError> Parse(string output) =>
    [
        .. ErrorLine().Matches(output).Select(static match => new BuildError(
            match.Groups[1].Value,
            int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture),
            int.Parse(match.Groups[3].Value, CultureInfo.InvariantCulture),
            match.Groups[4].Value,
            match.Groups[5].Value)).Distinct(),
    ];

    /// <summary>The numbers of the mutants that may cause the error.</summary>
    public static IEnumerable<int> MutantsAt(string mutated, BuildError error)
    {
        var tree = CSharpSyntaxTree.ParseText(mutated, new CSharpParseOptions(LanguageVersion.Preview));
        var position = tree.GetText().Lines[error.Line - 1].Start + error.Column - 1;
        SyntaxNode? node = tree.GetRoot().FindToken(position).Parent;

        // An unassigned variable: the cause is where it is declared.
        if (error.Code is "CS0165" && UnassignedName().Match(error.Text) is { Success: true } match)
        {
            var member = node?.FirstAncestorOrSelf<MemberDeclarationSyntax>();
            node = member?.DescendantNodes().OfType<SingleVariableDesignationSyntax>().LastOrDefault(
                variable => variable.Identifier.Text == match.Groups[1].Value && variable.SpanStart < position) ?? node;
            return node is null ? [] : NumbersAround(node);
        }

        for (; node is not null; node = node.Parent)
        {
            var numbers = NumbersIn(node);
            if (numbers.Count > 0)
            {
                return numbers;
            }
        }

        return [];
    }

    // The mutants whose wrapper has the declaration in it.
    private static List<int> NumbersAround(SyntaxNode declaration) =>
    [
        .. declaration.Ancestors().TakeWhile(static node => node is not BlockSyntax)
            .OfType<BinaryExpressionSyntax>()
            .SelectMany(static binary => NumbersIn(binary.Left)).Distinct(),
    ];

    private static List<int> NumbersIn(SyntaxNode node) =>
    [
        .. node.DescendantNodesAndSelf().OfType<InvocationExpressionSyntax>()
            .Where(static call => call.Expression.ToString() == "global::UpgradeProtocols.Mutants.MutantSwitch.Is")
            .Select(static call => int.Parse(call.ArgumentList.Arguments[0].ToString(), CultureInfo.InvariantCulture)),
    ];

    [GeneratedRegex(@"^\s*(\S+\.cs)\((\d+),(\d+)\): error (\w+): (.*)$", RegexOptions.Multiline)]
    private static partial Regex ErrorLine();

    [GeneratedRegex("'(\\w+)'")]
    private static partial Regex UnassignedName();
}
