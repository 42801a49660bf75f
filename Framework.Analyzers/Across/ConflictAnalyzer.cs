using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>Reports conflicting protocols at the later declaration of the two: UPG002, UPG007 and UPG008.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ConflictAnalyzer : FrameworkAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } =
        [UsageRules.DeclaredTwice, UsageRules.TwoDefaults, UsageRules.PathsMatchTheSame];

    private protected override void Start(CompilationStartAnalysisContext context, FrameworkTypes types) =>
        context.RegisterSymbolAction(symbol => Analyze(symbol, types), SymbolKind.NamedType);

    private static void Analyze(SymbolAnalysisContext context, FrameworkTypes types)
    {
        var handler = (INamedTypeSymbol)context.Symbol;
        if (handler.TypeKind != TypeKind.Class || !handler.GetAttributes().Any(types.IsUpgradeProtocol))
        {
            return;
        }

        var index = DeclarationIndex.For(context.Compilation, types, context.CancellationToken);
        for (var i = 0; i < index.Own.Length; i++)
        {
            var declared = index.Own[i];
            if (!SymbolEqualityComparer.Default.Equals(declared.Handler, handler))
            {
                continue;
            }

            foreach (var earlier in index.Referenced.Concat(index.Own.Take(i)))
            {
                if (Conflict(declared, earlier, context.CancellationToken) is { } conflict)
                {
                    context.ReportDiagnostic(conflict);
                    break;
                }
            }
        }
    }

    private static Diagnostic? Conflict(DeclaredProtocol declared, DeclaredProtocol earlier, CancellationToken cancellationToken)
    {
        // An attribute with compiler errors may not mean what it seems to mean.
        if (declared.Attribute.HasErrors() || earlier.Attribute.HasErrors() || !declared.MatchesSameRequestsAs(earlier))
        {
            return null;
        }

        var location = declared.LocationIn(cancellationToken);
        var earlierLocation = earlier.LocationIn(cancellationToken) is { } found ? new[] { found } : [];
        var earlierHandler = earlier.Handler.ToDisplayString(SymbolDisplayFormat.CSharpErrorMessageFormat);
        if (declared.IsSameProtocolAs(earlier))
        {
            return declared.HasSamePathAs(earlier)
                ? Diagnostic.Create(UsageRules.DeclaredTwice, location, earlierLocation, declared.Name, declared.Path, earlierHandler)
                : Diagnostic.Create(
                    UsageRules.PathsMatchTheSame, location, earlierLocation, declared.Name, declared.Path, earlier.Path, earlierHandler);
        }

        return declared.IsDefault && earlier.IsDefault
            ? Diagnostic.Create(UsageRules.TwoDefaults, location, earlierLocation, declared.Path, earlierHandler)
            : null;
    }
}
