using System.Reflection;
using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>Creates rules with one convention: a help link to the rule's page, enabled by default.</summary>
internal static class Descriptors
{
    private static readonly string? s_docsBaseUrl = typeof(Descriptors).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .FirstOrDefault(static metadata => metadata.Key == "DocsBaseUrl")?.Value;

    public static DiagnosticDescriptor Error(string id, string category, string title, string message, params string[] tags) =>
        Create(id, category, title, message, DiagnosticSeverity.Error, tags);

    public static DiagnosticDescriptor Warning(string id, string category, string title, string message, params string[] tags) =>
        Create(id, category, title, message, DiagnosticSeverity.Warning, tags);

    public static DiagnosticDescriptor Info(string id, string category, string title, string message, params string[] tags) =>
        Create(id, category, title, message, DiagnosticSeverity.Info, tags);

    private static DiagnosticDescriptor Create(string id, string category, string title, string message, DiagnosticSeverity severity, string[] tags) =>
        new(id, title, message, category, severity, isEnabledByDefault: true, helpLinkUri: HelpLink(s_docsBaseUrl, id), customTags: tags);

    // The build sets the address of the published pages. Until it does, only the package contains the pages, and a link would be broken.
    public static string? HelpLink(string? docsBaseUrl, string id) =>
        docsBaseUrl is { Length: > 0 } ? $"{docsBaseUrl.TrimEnd('/')}/diagnostics/{id}" : null;
}
