using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>Reports streams and background methods without a cancellation token: UPG107.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class MissingTokenAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [UsageRules.NoToken];

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
        if (type.TypeKind != TypeKind.Class || !DeclarationReader.IsHandler(type))
        {
            return;
        }

        var methods = HandlerMethods.Collect(type);
        foreach (var (method, _) in methods.Messages)
        {
            if (IsStream(method.ReturnType))
            {
                Check(method, "the client has cancelled the stream");
            }
        }

        foreach (var method in methods.Lifecycle(MethodRole.Background))
        {
            // The connection provides a token.
            if (!method.Parameters.Any(parameter => parameter.Type.Is(Attributes.Namespace, "UpgradeConnection")))
            {
                Check(method, "the connection is closed");
            }
        }

        void Check(IMethodSymbol method, string what)
        {
            if (SymbolEqualityComparer.Default.Equals(method.ContainingType, type)
                && !method.Parameters.Any(parameter => parameter.Type.Is("System.Threading", "CancellationToken") || MethodReader.ContainsError(parameter.Type)))
            {
                context.ReportDiagnostic(Diagnostic.Create(UsageRules.NoToken, method.FirstLocation(), method.Display(), what));
            }
        }
    }

    private static bool IsStream(ITypeSymbol type) =>
        type is INamedTypeSymbol { TypeArguments: [var item] } && type.Is("System.Collections.Generic", "IAsyncEnumerable`1") && !MethodReader.ContainsError(item);
}
