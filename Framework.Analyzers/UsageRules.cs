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
        "'{2}' already declares the protocol '{0}' for '{1}': change the name or path of this protocol, or remove one declaration");

    public static readonly DiagnosticDescriptor TwoDefaults = Descriptors.Error(
        "UPG007",
        Rules.DeclarationCategory,
        "Path has two default handlers",
        "'{1}' is already the default handler of '{0}': add a name to this protocol and remove Default, or change its path");

    public static readonly DiagnosticDescriptor PathsMatchTheSame = Descriptors.Error(
        "UPG008",
        Rules.DeclarationCategory,
        "Paths match the same requests",
        "'{3}' already declares the protocol '{0}' for '{2}', which matches the same requests as '{1}': change one path or remove one declaration");

    public static readonly DiagnosticDescriptor StrayAttribute = Descriptors.Warning(
        "UPG106",
        Rules.MessageCategory,
        "Attribute outside a declaration",
        "[{0}] has no effect in '{1}': {2}, or remove the attribute");

    public static readonly DiagnosticDescriptor NoToken = Descriptors.Info(
        "UPG107",
        Rules.MessageCategory,
        "Long-running method has no CancellationToken",
        "'{0}' can't detect that {1}: take a CancellationToken");

    public static readonly DiagnosticDescriptor Blocking = Descriptors.Warning(
        "UPG108",
        Rules.MessageCategory,
        "Handler blocks its thread",
        "'{0}' blocks the thread and delays other connections: {1}");

    public static readonly DiagnosticDescriptor PayloadIsService = Descriptors.Warning(
        "UPG120",
        Rules.MessageCategory,
        "Payload is a registered service",
        "The parameter '{0}' of '{1}' is read from the client's message, but '{2}' is a registered service: mark the parameter with [FromServices], or take a separate payload type",
        WellKnownDiagnosticTags.CompilationEnd);

    public static readonly DiagnosticDescriptor ContractIsNotNamed = Descriptors.Error(
        "UPG303",
        Rules.ClientCategory,
        "Client contract has no protocol",
        "'{0}' doesn't reach any client: {1}");

    public static readonly DiagnosticDescriptor PushLacksVersions = Descriptors.Info(
        "UPG307",
        Rules.ClientCategory,
        "Push doesn't reach all versions",
        "'{0}' doesn't reach connections of {1}: add them to its Versions if they have the message");

    public static readonly DiagnosticDescriptor PushVersionIsUnknown = Descriptors.Error(
        "UPG308",
        Rules.ClientCategory,
        "Versions of a push has an unknown protocol",
        "Versions of '{0}' has '{1}', but no protocol with this name has Client = typeof({2}): use one of {3}");
}
