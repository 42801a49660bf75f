using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace UpgradeProtocols.Mutation;

/// <content>Statements: calls and assignments that are left out.</content>
internal sealed partial class Mutator
{
    public override void VisitExpressionStatement(ExpressionStatementSyntax node)
    {
        if (IsLog(node.Expression))
        {
            return;
        }

        if (!Declares(node) && IsRemovable(node.Expression))
        {
            Add(node, "removed", "", number => [new Edit(node.SpanStart, node.Span.End, $"if (!{Is(number)}) ", "")]);
        }

        if (Opposite(node.Expression) is { } opposite)
        {
            Add(node, "operator", opposite, number => [new Edit(node.SpanStart, node.Span.End, $"if ({Is(number)}) {opposite}; else ", "")]);
        }

        if (node.Expression is ConditionalAccessExpressionSyntax access && !Declares(node))
        {
            var changed = $"{access.Expression}!{access.WhenNotNull};";
            Add(node, "null check", changed, number => [new Edit(node.SpanStart, node.Span.End, $"if ({Is(number)}) {changed} else ", "")]);
        }

        base.VisitExpressionStatement(node);
    }

    // A method of a single call.
    public override void VisitMethodDeclaration(MethodDeclarationSyntax node)
    {
        if (node.Identifier.Text == "GetHashCode")
        {
            return;
        }

        if (node.ExpressionBody is { } body && node.ReturnType is PredefinedTypeSyntax { Keyword.RawKind: (int)SyntaxKind.VoidKeyword }
            && !IsLog(body.Expression) && !Declares(body) && IsRemovable(body.Expression))
        {
            Add(body, "removed", "", number =>
            [
                new Edit(body.ArrowToken.SpanStart, body.ArrowToken.Span.End, $"{{ if (!{Is(number)})", "", Replaces: true),
                new Edit(node.SemicolonToken.SpanStart, node.SemicolonToken.Span.End, "", " }"),
            ]);
        }

        base.VisitMethodDeclaration(node);
    }

    private static bool IsLog(ExpressionSyntax expression)
    {
        var text = expression.ToString();
        return text.Contains("Log.", StringComparison.Ordinal) || text.Contains("ogger.", StringComparison.Ordinal)
            || text.StartsWith("Argument", StringComparison.Ordinal) || text.Contains("Debug.Assert", StringComparison.Ordinal);
    }

    private static bool IsRemovable(ExpressionSyntax expression) => expression switch
    {
        InvocationExpressionSyntax or AwaitExpressionSyntax or ConditionalAccessExpressionSyntax => true,
        PostfixUnaryExpressionSyntax or PrefixUnaryExpressionSyntax => IsState(expression.ChildNodes().First()),
        AssignmentExpressionSyntax { Left: IdentifierNameSyntax { Identifier.Text: "_" } } => true,
        // The literal has its own mutant.
        AssignmentExpressionSyntax { Right.RawKind: (int)SyntaxKind.TrueLiteralExpression or (int)SyntaxKind.FalseLiteralExpression } => false,
        AssignmentExpressionSyntax assignment => IsState(assignment.Left) && assignment.FirstAncestorOrSelf<ConstructorDeclarationSyntax>() is null,
        _ => false,
    };

    // A field or a property, not a local variable.
    private static bool IsState(SyntaxNode target) => target switch
    {
        IdentifierNameSyntax name => name.Identifier.Text is ['_' or (>= 'A' and <= 'Z'), ..] || name.Identifier.Text.StartsWith("t_", StringComparison.Ordinal),
        MemberAccessExpressionSyntax or ElementAccessExpressionSyntax => true,
        _ => false,
    };

    private static string? Opposite(ExpressionSyntax expression) => expression switch
    {
        AssignmentExpressionSyntax { RawKind: (int)SyntaxKind.AddAssignmentExpression } add when !add.Right.ToString().Contains('"')
            => $"{add.Left} -= {add.Right}",
        AssignmentExpressionSyntax { RawKind: (int)SyntaxKind.SubtractAssignmentExpression } subtract => $"{subtract.Left} += {subtract.Right}",
        PostfixUnaryExpressionSyntax { RawKind: (int)SyntaxKind.PostIncrementExpression } increment => $"{increment.Operand}--",
        PostfixUnaryExpressionSyntax { RawKind: (int)SyntaxKind.PostDecrementExpression } decrement => $"{decrement.Operand}++",
        _ => null,
    };
}
