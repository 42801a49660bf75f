using Microsoft.CodeAnalysis;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>The rules for how a program serves its protocols. They are evaluated at the end of the compilation.</summary>
internal static class HostingRules
{
    public const string Category = "UpgradeProtocols.Hosting";

    public static readonly DiagnosticDescriptor NotAdded = Descriptors.Warning(
        "UPG401",
        Category,
        "AddUpgradeProtocols() is not called",
        "The program declares '{0}' but serves no upgrade: call AddUpgradeProtocols() on its services",
        WellKnownDiagnosticTags.CompilationEnd);

    public static readonly DiagnosticDescriptor MappedWithoutAdd = Descriptors.Warning(
        "UPG402",
        Category,
        "Protocols are mapped but never added",
        "{0}() has no protocols to serve: call AddUpgradeProtocols() on the builder's services first",
        WellKnownDiagnosticTags.CompilationEnd);

    public static readonly DiagnosticDescriptor NothingListens = Descriptors.Warning(
        "UPG403",
        Category,
        "No server offers the protocols",
        "AddUpgradeProtocols() adds protocols that no server offers: call Listen(…) on its result, or MapUpgradeProtocols() on the web application",
        WellKnownDiagnosticTags.CompilationEnd);

    public static readonly DiagnosticDescriptor NoAuthentication = Descriptors.Warning(
        "UPG404",
        Category,
        "Authorize without authentication",
        "[{0}] on '{1}' requires an authenticated user, but no authentication is registered: call AddAuthentication(…) on the services and add a scheme",
        WellKnownDiagnosticTags.CompilationEnd);

    public static readonly DiagnosticDescriptor RawOverHttp = Descriptors.Info(
        "UPG405",
        Category,
        "Raw protocol has no half-close in ASP.NET Core",
        "ASP.NET Core's HTTP server, which serves the raw protocol '{0}' of '{1}', can't half-close a connection: if its peers half-close, serve it with Listen(…) or UseUpgradeProtocols()",
        WellKnownDiagnosticTags.CompilationEnd);
}
