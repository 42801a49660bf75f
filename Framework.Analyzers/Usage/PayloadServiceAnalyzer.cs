using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>Reports payloads whose type the same compilation registers as a service: UPG120, at the parameter.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class PayloadServiceAnalyzer : FrameworkAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [UsageRules.PayloadIsService];

    private protected override void Start(CompilationStartAnalysisContext context, FrameworkTypes types)
    {
        var services = new RegisteredServices();
        context.RegisterOperationAction(operation => services.Look((IInvocationOperation)operation.Operation), OperationKind.Invocation);
        context.RegisterOperationAction(operation => services.Look((IObjectCreationOperation)operation.Operation), OperationKind.ObjectCreation);
        context.RegisterCompilationEndAction(end => Report(end, types, services));
    }

    private static void Report(CompilationAnalysisContext context, FrameworkTypes types, RegisteredServices services)
    {
        var handlers = DeclarationIndex.For(context.Compilation, types, context.CancellationToken).Own
            .Select(protocol => protocol.Handler)
            .Distinct<INamedTypeSymbol>(SymbolEqualityComparer.Default);
        foreach (var handler in handlers)
        {
            foreach (var (method, _) in HandlerMethods.Collect(handler).Messages)
            {
                foreach (var parameter in method.Parameters.Where(parameter => IsPayload(parameter) && services.Contains(parameter.Type)))
                {
                    context.ReportDiagnostic(Diagnostic.Create(
                        UsageRules.PayloadIsService,
                        parameter.FirstLocation() is { IsInSource: true } location ? location : handler.FirstLocation(),
                        ImmutableDictionary<string, string?>.Empty.Add("Service", "true"),
                        parameter.Name,
                        method.Display(),
                        parameter.Type.Display()));
                }
            }
        }
    }

    private static bool IsPayload(IParameterSymbol parameter) =>
        ParameterBinding.Of(parameter) is { Problem: null, Source: BindingSource.ByType or BindingSource.Payload }
        && MethodReader.ReadByType(parameter.Type) is null;
}
