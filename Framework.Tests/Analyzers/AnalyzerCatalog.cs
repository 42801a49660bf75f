using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.Diagnostics;
using UpgradeProtocols.Analyzers;
using UpgradeProtocols.CodeFixes;

namespace UpgradeProtocols.Tests.Analyzers;

/// <summary>All analyzers, code fixes and rules.</summary>
internal static class AnalyzerCatalog
{
    public static IReadOnlyList<Type> Types { get; } =
        [.. typeof(DeclarationAnalyzer).Assembly.GetTypes().Where(type => type.GetCustomAttribute<DiagnosticAnalyzerAttribute>() is not null)];

    public static IReadOnlyList<CodeFixProvider> Fixes { get; } =
    [
        .. typeof(RuleFix).Assembly.GetTypes()
            .Where(type => type.GetCustomAttribute<ExportCodeFixProviderAttribute>() is not null)
            .Select(type => (CodeFixProvider)Activator.CreateInstance(type)!),
    ];

    public static IReadOnlyList<DiagnosticDescriptor> Rules { get; } =
    [
        .. Types.SelectMany(type => ((DiagnosticAnalyzer)Activator.CreateInstance(type)!).SupportedDiagnostics)
            .Distinct()
            .OrderBy(rule => rule.Id, StringComparer.Ordinal),
    ];
}
