using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Analyzers;

/// <summary>The rules that need more than one declaration, or look at code that uses one.</summary>
internal static class UsageRules
{
    public static readonly DiagnosticDescriptor DeclaredTwice = Error(
        "UPG002",
        "Protocol is declared twice for one path",
        "The protocol '{0}' is declared for '{1}' by '{2}' already: give this one another name or path, or remove one of them");

    public static readonly DiagnosticDescriptor TwoDefaults = Error(
        "UPG007",
        "Path has two default handlers",
        "The default of '{0}' is '{1}' already: name this protocol and leave out Default, or give it another path");

    public static readonly DiagnosticDescriptor PathsMatchTheSame = Error(
        "UPG008",
        "Paths match the same requests",
        "The protocol '{0}' is declared by '{3}' for '{2}', which matches the same requests as '{1}': change one path or remove one of them");

    public static readonly DiagnosticDescriptor StrayAttribute = Warning(
        "UPG106",
        "Attribute stands outside a declaration",
        "[{0}] has no effect in '{1}': {2}, or remove it");

    public static readonly DiagnosticDescriptor ContractIsNotNamed = Error(
        "UPG303",
        "No protocol names the client contract",
        "'{0}' reaches nobody: {1}");

    public static readonly DiagnosticDescriptor RequestToMany = Error(
        "UPG304",
        "Request is sent to more than one connection",
        "'{0}' awaits one peer's reply, and '{1}' may reach several: call it on connection.Client<{2}>() or on Connection(id)");

    private static DiagnosticDescriptor Error(string id, string title, string message) => Create(id, title, message, DiagnosticSeverity.Error);

    private static DiagnosticDescriptor Warning(string id, string title, string message) => Create(id, title, message, DiagnosticSeverity.Warning);

    private static DiagnosticDescriptor Create(string id, string title, string message, DiagnosticSeverity severity) => new(
        id,
        title,
        message,
        "UpgradeProtocols",
        severity,
        isEnabledByDefault: true,
        helpLinkUri: $"https://github.com/upgrade-protocols/upgrade-protocols/blob/main/docs/diagnostics/{id}.md");
}
