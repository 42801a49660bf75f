using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace UpgradeProtocols.Mutation;

/// <content>Expressions.</content>
internal sealed partial class Mutator
{
    public override void VisitBinaryExpression(BinaryExpressionSyntax node)
    {
        var changed = node.Kind() switch
        {
            SyntaxKind.LessThanExpression => "<=",
            SyntaxKind.LessThanOrEqualExpression => "<",
            SyntaxKind.GreaterThanExpression => ">=",
            SyntaxKind.GreaterThanOrEqualExpression => ">",
            SyntaxKind.EqualsExpression => "!=",
            SyntaxKind.NotEqualsExpression => "==",
            SyntaxKind.AddExpression when !IsText(node) => "-",
            SyntaxKind.SubtractExpression => "+",
            SyntaxKind.LogicalAndExpression => "||",
            SyntaxKind.LogicalOrExpression => "&&",
            _ => null,
        };
        if (changed is not null && !Declares(node))
        {
            Choose(node, "operator", $"({node.Left}) {changed} ({node.Right})");
        }
        else if (node.IsKind(SyntaxKind.LogicalAndExpression))
        {
            Wrap(node.Left, "left out", "true", number => $"({number} || ");
            Wrap(node.Right, "left out", "true", number => $"({number} || ");
        }
        else if (node.IsKind(SyntaxKind.LogicalOrExpression))
        {
            Wrap(node.Left, "left out", "false", number => $"(!{number} && ");
            Wrap(node.Right, "left out", "false", number => $"(!{number} && ");
        }

        base.VisitBinaryExpression(node);
    }

    public override void VisitLiteralExpression(LiteralExpressionSyntax node)
    {
        var isTrue = node.IsKind(SyntaxKind.TrueLiteralExpression);
        if ((!isTrue && !node.IsKind(SyntaxKind.FalseLiteralExpression))
            || node.Parent is not (ArgumentSyntax or AssignmentExpressionSyntax or EqualsValueClauseSyntax or ReturnStatementSyntax
                or ArrowExpressionClauseSyntax or ConditionalExpressionSyntax)
            || node.Parent is ArgumentSyntax { NameColon.Name.Identifier.Text: "preferLocal" })
        {
            return;
        }

        // The name of the argument or the target shows which literal it is.
        Add(node, "literal", isTrue ? $"false in {Short(node.Parent)}" : $"true in {Short(node.Parent)}", number =>
            [new Edit(node.SpanStart, node.Span.End, $"({(isTrue ? "!" : "")}{Is(number)})", "", Replaces: true)]);
    }

    public override void VisitConditionalExpression(ConditionalExpressionSyntax node)
    {
        Negate(node.Condition);
        base.VisitConditionalExpression(node);
    }

    public override void VisitIfStatement(IfStatementSyntax node)
    {
        Negate(node.Condition);
        base.VisitIfStatement(node);
    }

    public override void VisitConditionalAccessExpression(ConditionalAccessExpressionSyntax node)
    {
        if (!Declares(node) && node.Parent is not (ExpressionStatementSyntax or ConditionalAccessExpressionSyntax))
        {
            Choose(node, "null check", $"{node.Expression}!{node.WhenNotNull}");
        }

        base.VisitConditionalAccessExpression(node);
    }

    // Texts and constants aren't changed.
    public override void VisitInterpolatedStringExpression(InterpolatedStringExpressionSyntax node)
    {
    }

    public override void VisitAttributeList(AttributeListSyntax node)
    {
    }

    public override void VisitParameter(ParameterSyntax node)
    {
    }

    public override void VisitConstantPattern(ConstantPatternSyntax node)
    {
    }

    public override void VisitRelationalPattern(RelationalPatternSyntax node)
    {
    }

    public override void VisitEnumMemberDeclaration(EnumMemberDeclarationSyntax node)
    {
    }

    public override void VisitCaseSwitchLabel(CaseSwitchLabelSyntax node)
    {
    }

    public override void VisitFieldDeclaration(FieldDeclarationSyntax node)
    {
        if (!node.Modifiers.Any(SyntaxKind.ConstKeyword))
        {
            base.VisitFieldDeclaration(node);
        }
    }

    public override void VisitLocalDeclarationStatement(LocalDeclarationStatementSyntax node)
    {
        if (!node.IsConst)
        {
            base.VisitLocalDeclarationStatement(node);
        }
    }

    private static bool IsText(BinaryExpressionSyntax node) => node.DescendantNodes().Any(static inner =>
        inner.IsKind(SyntaxKind.StringLiteralExpression) || inner.IsKind(SyntaxKind.InterpolatedStringExpression)
        || inner.IsKind(SyntaxKind.CharacterLiteralExpression));

    // The operator of a comparison has its own mutant. A condition with variables is forced to the value that the compiler accepts: one of the two is left out by the build.
    private void Negate(ExpressionSyntax condition)
    {
        if (Declares(condition))
        {
            Wrap(condition, "condition", "false", number => $"(!{number} && ");
            Wrap(condition, "condition", "true", number => $"({number} || ");
        }
        else if (condition is not BinaryExpressionSyntax || condition.IsKind(SyntaxKind.IsExpression))
        {
            Wrap(condition, "condition", $"!({Short(condition)})", number => $"({number} ^ ");
        }
    }
}
