using Microsoft.CodeAnalysis;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>The rules that compare several declarations, or that check the code that uses a declaration.</summary>
internal static class UsageRules
{
    public static readonly DiagnosticDescriptor DeclaredTwice = Descriptors.Error(
        "UPG002",
        Rules.DeclarationCategory,
        "Protocol is declared twice for one path",
        "The protocol '{0}' is declared for '{1}' by '{2}' already: give this one another name or path, or remove one of them");

    public static readonly DiagnosticDescriptor TwoDefaults = Descriptors.Error(
        "UPG007",
        Rules.DeclarationCategory,
        "Path has two default handlers",
        "The default of '{0}' is '{1}' already: name this protocol and leave out Default, or give it another path");

    public static readonly DiagnosticDescriptor PathsMatchTheSame = Descriptors.Error(
        "UPG008",
        Rules.DeclarationCategory,
        "Paths match the same requests",
        "The protocol '{0}' is declared by '{3}' for '{2}', which matches the same requests as '{1}': change one path or remove one of them");

    public static readonly DiagnosticDescriptor StrayAttribute = Descriptors.Warning(
        "UPG106",
        Rules.MessageCategory,
        "Attribute stands outside a declaration",
        "[{0}] has no effect in '{1}': {2}, or remove it");

    public static readonly DiagnosticDescriptor NoToken = Descriptors.Info(
        "UPG107",
        Rules.MessageCategory,
        "Long-running method takes no token",
        "'{0}' can't learn that {1}: take a CancellationToken");

    public static readonly DiagnosticDescriptor Blocking = Descriptors.Warning(
        "UPG108",
        Rules.MessageCategory,
        "Handler blocks its thread",
        "'{0}' blocks the thread, and with it other connections: {1}");

    public static readonly DiagnosticDescriptor PayloadIsService = Descriptors.Warning(
        "UPG120",
        Rules.MessageCategory,
        "Payload is a registered service",
        "The parameter '{0}' of '{1}' is read from the client's message, and '{2}' is registered as a service: mark it with [FromServices], or take a type of its own",
        WellKnownDiagnosticTags.CompilationEnd);

    public static readonly DiagnosticDescriptor ContractIsNotNamed = Descriptors.Error(
        "UPG303",
        Rules.ClientCategory,
        "Client contract doesn't reach a protocol",
        "'{0}' doesn't reach {1}");
}
