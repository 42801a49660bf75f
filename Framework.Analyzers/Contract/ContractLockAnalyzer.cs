using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>
/// Compares the declared protocols with the published ones in <c>upgrade-protocols.lock.json</c>: UPG501, UPG502, UPG503 and UPG504.
/// Without that file it does nothing.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ContractLockAnalyzer : FrameworkAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } =
        [ContractLockRules.Breaking, ContractLockRules.Additive, ContractLockRules.Unreadable, ContractLockRules.Repeated];

    private protected override void Start(CompilationStartAnalysisContext context, FrameworkTypes types)
    {
        if (context.Options.AdditionalFiles.FirstOrDefault(file => Path.GetFileName(file.Path) == ContractLockRules.FileName) is not { } file
            || LockFile.Read(file, context.CancellationToken) is not { } published)
        {
            return;
        }

        if (published.Problem is { } problem)
        {
            context.RegisterCompilationEndAction(end => end.ReportDiagnostic(
                Diagnostic.Create(ContractLockRules.Unreadable, published.LocationAt(problem.Position), problem.Message)));
            return;
        }

        var all = new Lazy<DeclaredContract>(() => DeclaredContract.Read(context.Compilation, types, context.CancellationToken));
        context.RegisterSymbolAction(symbol => Analyze(symbol, types, published, all), SymbolKind.NamedType);
        context.RegisterCompilationEndAction(end =>
        {
            ReportRemoved(end, published, all.Value);
            foreach (var (what, position) in published.Repetitions)
            {
                end.ReportDiagnostic(Diagnostic.Create(ContractLockRules.Repeated, published.LocationAt(position), what));
            }
        });
    }

    private static void Analyze(SymbolAnalysisContext context, FrameworkTypes types, LockFile published, Lazy<DeclaredContract> all)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        if (type.TypeKind != TypeKind.Class || !type.GetAttributes().Any(types.IsUpgradeProtocol))
        {
            return;
        }

        foreach (var declared in DescriptionReader.Read(type, context.Compilation, context.CancellationToken))
        {
            var attribute = AttributeOf(type, declared, types);
            var before = published.Protocols.FirstOrDefault(known => known.Protocol.IsSameAs(declared)).Protocol;
            var changes = before is null
                ? [new ContractChange(IsBreaking: false, Message: null, IsSent: false, "the whole protocol", static protocol => protocol)]
                : ContractComparer.Compare(before, declared);
            foreach (var change in changes)
            {
                context.ReportDiagnostic(Diagnostic.Create(
                    change.IsBreaking ? ContractLockRules.Breaking : ContractLockRules.Additive,
                    LocationOf(change, type, attribute),
                    change.IsBreaking
                        ? ImmutableDictionary<string, string?>.Empty.Add("Change", LockUpdate.KeyOf(declared, change))
                        : ImmutableDictionary<string, string?>.Empty.Add("Lock", all.Value.WriteAdditions(published)),
                    declared.DisplayName,
                    change.What));
            }
        }
    }

    // A removed protocol has no declaration, so the diagnostic is reported in the lock file.
    private static void ReportRemoved(CompilationAnalysisContext context, LockFile published, DeclaredContract declared)
    {
        foreach (var (protocol, position) in published.Protocols)
        {
            if (!declared.Names.Contains((protocol.Name, protocol.Path, protocol.Kind)))
            {
                context.ReportDiagnostic(Diagnostic.Create(
                    ContractLockRules.Breaking, published.LocationAt(position), protocol.DisplayName, $"no handler declares it for '{protocol.Path}' any more"));
            }
        }
    }

    private static AttributeData? AttributeOf(INamedTypeSymbol type, ProtocolDescription protocol, FrameworkTypes types) =>
        type.GetAttributes().FirstOrDefault(attribute => types.IsUpgradeProtocol(attribute)
            && (attribute.ConstructorArguments is [{ Value: string name }] ? name : null) == protocol.Name
            && (attribute.On(type).Text("Path") ?? "/") == protocol.Path);

    private static Location LocationOf(ContractChange change, INamedTypeSymbol type, AttributeData? attribute)
    {
        var owner = change.IsSent ? attribute?.On(type).Type("Client") : type;
        if (change.Message is { } message && owner is not null
            && DescriptionReader.MethodOf(owner, message, change.IsSent)?.FirstLocation() is { IsInSource: true } method)
        {
            return method;
        }

        return attribute?.FindLocation(type) ?? type.FirstLocation();
    }
}
