using System.Reflection;
using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>Makes rules by the one convention: a help link to the rule's page, enabled by default.</summary>
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

    // The build says where the pages are published. Until they are, the package carries them, and a link would lead nowhere.
    public static string? HelpLink(string? docsBaseUrl, string id) =>
        docsBaseUrl is { Length: > 0 } ? $"{docsBaseUrl.TrimEnd('/')}/diagnostics/{id}" : null;
}
