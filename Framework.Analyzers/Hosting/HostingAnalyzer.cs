using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>Reports programs that don't serve the protocols that they declare: UPG401 to UPG405.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class HostingAnalyzer : FrameworkAnalyzer
{
    private static readonly string[] s_testFrameworks =
        ["xunit.core", "xunit.v3.core", "nunit.framework", "Microsoft.VisualStudio.TestPlatform.TestFramework", "MSTest.TestFramework", "TUnit.Core"];

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } =
        [HostingRules.NotAdded, HostingRules.MappedWithoutAdd, HostingRules.NothingListens, HostingRules.NoAuthentication, HostingRules.RawOverHttp];

    private protected override void Start(CompilationStartAnalysisContext context, FrameworkTypes types)
    {
        if (!IsProgram(context.Compilation) || IsTest(context.Compilation, context.Options))
        {
            return;
        }

        var calls = new ProgramCalls(types);
        context.RegisterSyntaxNodeAction(
            node => calls.Look((InvocationExpressionSyntax)node.Node, node.SemanticModel, node.CancellationToken), SyntaxKind.InvocationExpression);
        context.RegisterSyntaxNodeAction(
            node => calls.LookAtAssignment((AssignmentExpressionSyntax)node.Node, node.SemanticModel, node.CancellationToken),
            SyntaxKind.SimpleAssignmentExpression,
            SyntaxKind.CoalesceAssignmentExpression);
        context.RegisterOperationAction(operation => calls.LookAtCreation(operation.Operation.Type), OperationKind.ObjectCreation);
        context.RegisterCompilationEndAction(end => Report(end, types, calls));
    }

    private static bool IsProgram(Compilation compilation) =>
        compilation.Options.OutputKind is OutputKind.ConsoleApplication or OutputKind.WindowsApplication;

    private static bool IsTest(Compilation compilation, AnalyzerOptions options) =>
        (options.AnalyzerConfigOptionsProvider.GlobalOptions.TryGetValue("build_property.IsTestProject", out var isTest)
            && string.Equals(isTest, "true", StringComparison.OrdinalIgnoreCase))
        || compilation.ReferencedAssemblyNames.Any(assembly => s_testFrameworks.Contains(assembly.Name));

    private static void Report(CompilationAnalysisContext context, FrameworkTypes types, ProgramCalls calls)
    {
        var index = DeclarationIndex.For(context.Compilation, types, context.CancellationToken);
        if (calls.Adds)
        {
            if (!calls.Listens && calls.Mapping.IsEmpty && First(calls.Adding) is { } add)
            {
                context.ReportDiagnostic(Diagnostic.Create(HostingRules.NothingListens, add));
            }
        }
        else if (!calls.Mapping.IsEmpty)
        {
            foreach (var call in calls.Mapping)
            {
                context.ReportDiagnostic(Diagnostic.Create(HostingRules.MappedWithoutAdd, ProgramCalls.NameNode(call)!.GetLocation(), ProgramCalls.NameOf(call)));
            }
        }
        else if (!index.Own.IsEmpty && EntryPoint(context) is { } entry)
        {
            context.ReportDiagnostic(Diagnostic.Create(HostingRules.NotAdded, entry, index.Own[0].Handler.Name));
        }

        if (calls.Adds || !calls.Mapping.IsEmpty)
        {
            ReportAuthorization(context, calls, index);
        }

        ReportRaw(context, calls, index);
    }

    private static void ReportAuthorization(CompilationAnalysisContext context, ProgramCalls calls, DeclarationIndex index)
    {
        if (calls.Authenticates)
        {
            return;
        }

        foreach (var handler in index.Own.Select(protocol => protocol.Handler).Distinct<INamedTypeSymbol>(SymbolEqualityComparer.Default))
        {
            // An [OnUpgrading] method may authenticate the user itself.
            var methods = HandlerMethods.Collect(handler);
            if (methods.Lifecycle(MethodRole.OnUpgrading).Any())
            {
                continue;
            }

            foreach (var symbol in methods.Messages.Select(message => message.Method).Prepend<ISymbol>(handler))
            {
                if (symbol.GetAttributes().FirstOrDefault(IsAuthorize) is { } attribute)
                {
                    var name = attribute.AttributeClass!.Name;
                    context.ReportDiagnostic(Diagnostic.Create(
                        HostingRules.NoAuthentication,
                        attribute.FindLocation(symbol),
                        name.EndsWith("Attribute", StringComparison.Ordinal) ? name.Substring(0, name.Length - "Attribute".Length) : name,
                        symbol is IMethodSymbol method ? method.Display() : symbol.Name));
                }
            }
        }
    }

    private static bool IsAuthorize(AttributeData attribute) =>
        attribute.AttributeClass is { } type && type.AllInterfaces.Any(data => data.Is("Microsoft.AspNetCore.Authorization", "IAuthorizeData"));

    private static void ReportRaw(CompilationAnalysisContext context, ProgramCalls calls, DeclarationIndex index)
    {
        if (calls.Listens || calls.Mapping.FirstOrDefault(call => ProgramCalls.NameOf(call) == "MapUpgradeProtocols") is not { } map)
        {
            return;
        }

        foreach (var protocol in index.Own.Concat(index.Referenced).Where(protocol => protocol is { IsRaw: true, Name: not null }))
        {
            context.ReportDiagnostic(Diagnostic.Create(
                HostingRules.RawOverHttp, ProgramCalls.NameNode(map)!.GetLocation(), protocol.Name, protocol.Handler.Name));
        }
    }

    private static Location? First(IEnumerable<InvocationExpressionSyntax> calls) =>
        calls.OrderBy(call => call.SyntaxTree.FilePath, StringComparer.Ordinal)
            .ThenBy(call => call.SpanStart)
            .Select(call => ProgramCalls.NameNode(call)!.GetLocation())
            .FirstOrDefault();

    private static Location? EntryPoint(CompilationAnalysisContext context) =>
        context.Compilation.GetEntryPoint(context.CancellationToken)?.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax(context.CancellationToken) switch
        {
            CompilationUnitSyntax unit => unit.Members.OfType<GlobalStatementSyntax>().FirstOrDefault()?.GetLocation(),
            MethodDeclarationSyntax method => method.Identifier.GetLocation(),
            _ => null,
        };
}
