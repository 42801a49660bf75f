using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>Makes rules by the one convention: a help link to the rule's page, enabled by default.</summary>
internal static class Descriptors
{
    public static DiagnosticDescriptor Error(string id, string category, string title, string message, params string[] tags) =>
        Create(id, category, title, message, DiagnosticSeverity.Error, tags);

    public static DiagnosticDescriptor Warning(string id, string category, string title, string message, params string[] tags) =>
        Create(id, category, title, message, DiagnosticSeverity.Warning, tags);

    public static DiagnosticDescriptor Info(string id, string category, string title, string message, params string[] tags) =>
        Create(id, category, title, message, DiagnosticSeverity.Info, tags);

    private static DiagnosticDescriptor Create(string id, string category, string title, string message, DiagnosticSeverity severity, string[] tags) =>
        new(id, title, message, category, severity, isEnabledByDefault: true, helpLinkUri: HelpLink(id), customTags: tags);

    private static string HelpLink(string id) =>
        $"https://github.com/upgrade-protocols/upgrade-protocols/blob/main/docs/diagnostics/{id}.md";
}
