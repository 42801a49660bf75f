using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>
/// Reads every handler and client contract with the generator's reader, and reports the problems: the rules for a single declaration.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class DeclarationAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } =
    [
        Rules.ProtocolName, Rules.HandlerNotCreatable, Rules.EmptyHandler, Rules.ProtocolOptions, Rules.Path, Rules.RawShape, Rules.GeneratedCode,
        Rules.ReturnType, Rules.Parameter, Rules.DuplicateMessage, Rules.AsyncVoid, Rules.MethodShape,
        Rules.MessageKey, Rules.Lifecycle, Rules.UnknownVersion, Rules.FormatCan, Rules.EnumeratorCancellation, Rules.ConstructorParameter, Rules.UnnamedMessage,
        Rules.NotInContext, Rules.NotAPayload, Rules.TakenMember, Rules.Codec,
        Rules.ClientMethod, Rules.ClientContract, Rules.LatestByKey, Rules.Projection,
    ];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterSymbolAction(Analyze, SymbolKind.NamedType);
    }

    private static void Analyze(SymbolAnalysisContext context)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        if (type.TypeKind == TypeKind.Class && DeclarationReader.IsHandler(type))
        {
            DeclarationReader.ReadHandler(type, context.Compilation, Report, context.CancellationToken);
        }
        else if (type.TypeKind == TypeKind.Interface && DeclarationReader.IsContract(type))
        {
            DeclarationReader.ReadContract(type, context.Compilation, Report);
        }

        void Report(Problem problem)
        {
            if (!IsUnfinished(problem, context.Compilation, context.CancellationToken))
            {
                context.ReportDiagnostic(problem.ToDiagnostic());
            }
        }
    }

    // The compiler reports incomplete code itself.
    private static bool IsUnfinished(Problem problem, Compilation compilation, CancellationToken cancellationToken)
    {
        if (problem.Location.SourceTree is not { } tree)
        {
            return false;
        }

        var node = tree.GetRoot(cancellationToken).FindNode(problem.Location.SourceSpan, getInnermostNodeForTie: true);
        return node switch
        {
            MethodDeclarationSyntax method => method.AttributeLists.Any(list => list.ContainsDiagnostics)
                || method.ReturnType.ContainsDiagnostics
                || method.TypeParameterList is { ContainsDiagnostics: true }
                || method.ParameterList.ContainsDiagnostics,
            TypeDeclarationSyntax type => problem.Rule.Id == Rules.EmptyHandler.Id && type.ContainsDiagnostics,
            ParameterSyntax { Parent: { } parameters } => parameters.ContainsDiagnostics,
            ExpressionSyntax => node.ContainsDiagnostics || NamesNothing(node, compilation, cancellationToken),
            _ => node.ContainsDiagnostics,
        };
    }

    // nameof(Missing) has a constant value even if the name doesn't exist.
    private static bool NamesNothing(SyntaxNode node, Compilation compilation, CancellationToken cancellationToken)
    {
        var operands = node.DescendantNodesAndSelf().OfType<InvocationExpressionSyntax>()
            .Where(call => call is { Expression: IdentifierNameSyntax { Identifier.ValueText: "nameof" }, ArgumentList.Arguments.Count: 1 })
            .Select(call => call.ArgumentList.Arguments[0].Expression)
            .ToList();
        if (operands.Count == 0)
        {
            return false;
        }

#pragma warning disable RS1030 // for a problem that was found, not for every symbol
        var model = compilation.GetSemanticModel(node.SyntaxTree);
#pragma warning restore RS1030
        return operands.Any(operand => model.GetSymbolInfo(operand, cancellationToken) is { Symbol: null, CandidateSymbols.IsEmpty: true });
    }
}
