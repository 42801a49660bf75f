using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>
/// Reads declarations into models, and tells what is wrong with them. The generator and the analyzers both read here, so
/// what is reported and what is left out of the generated code are the same.
/// </summary>
internal static class DeclarationReader
{
    public const string UpgradeProtocolAttribute = "UpgradeProtocols.UpgradeProtocolAttribute";
    public const string ClientContractAttribute = "UpgradeProtocols.ClientContractAttribute";

    /// <summary>Whether the class declares a protocol.</summary>
    public static bool IsHandler(INamedTypeSymbol type) => type.Has(Attributes.Namespace, Attributes.UpgradeProtocol);

    /// <summary>Whether the interface is a client contract.</summary>
    public static bool IsContract(INamedTypeSymbol type) => type.Has(Attributes.Namespace, Attributes.ClientContract);

    /// <summary>Reads a class with [UpgradeProtocol].</summary>
    /// <param name="type">The class.</param>
    /// <param name="compilation">The compilation that sees it.</param>
    /// <param name="report">Takes what is wrong, or <see langword="null"/> when nobody asks.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>What is right in it, or <see langword="null"/> when no code can be generated for it.</returns>
    public static HandlerModel? ReadHandler(
        INamedTypeSymbol type,
        Compilation compilation,
        Action<Problem>? report,
        CancellationToken cancellationToken) =>
        new HandlerReader(type, compilation, new ProblemSink(report), cancellationToken).Read();

    /// <summary>Reads an interface with [ClientContract].</summary>
    /// <param name="type">The interface.</param>
    /// <param name="compilation">The compilation that sees it.</param>
    /// <param name="report">Takes what is wrong, or <see langword="null"/> when nobody asks.</param>
    /// <returns>The contract, or <see langword="null"/> when it can't be implemented.</returns>
    public static ContractModel? ReadContract(INamedTypeSymbol type, Compilation compilation, Action<Problem>? report) =>
        new ContractReader(type, type.ContainingAssembly, compilation, new ProblemSink(report)).Read();

    /// <summary>The attribute that a protocol of the class was read from.</summary>
    public static AttributeData AttributeOf(INamedTypeSymbol type, ProtocolModel protocol) =>
        type.GetAttributes().Where(attribute => attribute.IsOurs(Attributes.UpgradeProtocol)).ElementAt(protocol.Index);

    /// <summary>Where to report about a protocol: its name where it has one, else its attribute.</summary>
    public static Location LocationOf(INamedTypeSymbol type, ProtocolModel protocol)
    {
        var attribute = AttributeOf(type, protocol);
        return protocol.Name is null ? attribute.FindLocation(type) : attribute.FindFirstLocation(type);
    }

    /// <summary>Where to report about a protocol's path: where it is written, else the attribute.</summary>
    public static Location PathLocationOf(INamedTypeSymbol type, ProtocolModel protocol) =>
        AttributeOf(type, protocol).On(type).FindLocation("Path", type);

    /// <summary>Whether the method of a client contract awaits the peer's reply.</summary>
    public static bool IsRequest(IMethodSymbol method) =>
        ContractReader.ReplyOf(method.ReturnType) is not null;
}
