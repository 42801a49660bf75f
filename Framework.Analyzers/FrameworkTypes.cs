using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Analyzers;

/// <summary>The framework's types in a compilation. A type of the same name in another namespace is not one of them.</summary>
internal sealed class FrameworkTypes
{
    private readonly INamedTypeSymbol _upgradeProtocol;
    private readonly INamedTypeSymbol? _clientContract;
    private readonly INamedTypeSymbol?[] _methodAttributes;

    private FrameworkTypes(Compilation compilation, INamedTypeSymbol upgradeProtocol)
    {
        _upgradeProtocol = upgradeProtocol;
        _clientContract = Find("ClientContractAttribute");
        _methodAttributes =
        [
            Find("MessageAttribute"), Find("AnyMessageAttribute"), Find("OnUpgradingAttribute"), Find("OnConnectedAttribute"), Find("OnUpgradedAttribute"),
            Find("BackgroundAttribute"), Find("OnDisconnectedAttribute"), Find("ProjectionAttribute"),
        ];
        Module = Find("Runtime.UpgradeProtocolModuleAttribute");
        Clients = Find("IClients`1");
        Connection = Find("UpgradeConnection");
        Builder = Find("UpgradeProtocolsBuilder");
        Options = Find("UpgradeOptions");

        INamedTypeSymbol? Find(string name) => compilation.GetTypeByMetadataName("UpgradeProtocols." + name);
    }

    public INamedTypeSymbol? Module { get; }

    /// <summary><c>IClients&lt;T&gt;</c>.</summary>
    public INamedTypeSymbol? Clients { get; }

    /// <summary><c>UpgradeConnection</c>.</summary>
    public INamedTypeSymbol? Connection { get; }

    /// <summary><c>UpgradeProtocolsBuilder</c>.</summary>
    public INamedTypeSymbol? Builder { get; }

    /// <summary><c>UpgradeOptions</c>.</summary>
    public INamedTypeSymbol? Options { get; }

    /// <summary>Finds the types, or returns <see langword="null"/> if the framework isn't referenced.</summary>
    public static FrameworkTypes? In(Compilation compilation) =>
        compilation.GetTypeByMetadataName("UpgradeProtocols.UpgradeProtocolAttribute") is { } upgradeProtocol
            ? new FrameworkTypes(compilation, upgradeProtocol)
            : null;

    public bool IsUpgradeProtocol(AttributeData attribute) => Is(attribute.AttributeClass, _upgradeProtocol);

    public bool IsClientContract(AttributeData attribute) => Is(attribute.AttributeClass, _clientContract);

    public bool IsModule(AttributeData attribute) => Is(attribute.AttributeClass, Module);

    /// <summary>Whether it is <c>[Message]</c> or a lifecycle attribute.</summary>
    public bool IsOnMethods(AttributeData attribute) => _methodAttributes.Any(type => Is(attribute.AttributeClass, type));

    public bool IsClientContract(ITypeSymbol type) => type.GetAttributes().Any(IsClientContract);

    public static bool Is(ITypeSymbol? type, INamedTypeSymbol? expected) =>
        expected is not null && SymbolEqualityComparer.Default.Equals(type, expected);
}
