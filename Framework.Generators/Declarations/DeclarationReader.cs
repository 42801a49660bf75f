using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>
/// Reads declarations into models and reports their problems. The generator and the analyzers share this reader, so that generated
/// code omits exactly the declarations that the analyzers report.
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
    /// <param name="compilation">The compilation that contains or references it.</param>
    /// <param name="report">Receives the problems, or <see langword="null"/> to report none.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <returns>The valid part of the handler, or <see langword="null"/> if no code can be generated for it.</returns>
    public static HandlerModel? ReadHandler(
        INamedTypeSymbol type,
        Compilation compilation,
        Action<Problem>? report,
        CancellationToken cancellationToken) =>
        new HandlerReader(type, compilation, new ProblemSink(report), cancellationToken).Read();

    /// <summary>Reads an interface with [ClientContract].</summary>
    /// <param name="type">The interface.</param>
    /// <param name="compilation">The compilation that contains or references it.</param>
    /// <param name="report">Receives the problems, or <see langword="null"/> to report none.</param>
    /// <returns>The contract, or <see langword="null"/> if it can't be implemented.</returns>
    public static ContractModel? ReadContract(INamedTypeSymbol type, Compilation compilation, Action<Problem>? report) =>
        new ContractReader(type, type.ContainingAssembly, compilation, new ProblemSink(report)).Read();

    /// <summary>The attribute that declares a protocol of the class.</summary>
    public static AttributeData AttributeOf(INamedTypeSymbol type, ProtocolModel protocol) =>
        type.GetAttributes().Where(attribute => attribute.IsOurs(Attributes.UpgradeProtocol)).ElementAt(protocol.Index);

    /// <summary>The location of diagnostics for a protocol: its name if it has one, else its attribute.</summary>
    public static Location LocationOf(INamedTypeSymbol type, ProtocolModel protocol)
    {
        var attribute = AttributeOf(type, protocol);
        return protocol.Name is null ? attribute.FindLocation(type) : attribute.FindFirstLocation(type);
    }

    /// <summary>The location of diagnostics for a protocol's path: the path argument if there is one, else the attribute.</summary>
    public static Location PathLocationOf(INamedTypeSymbol type, ProtocolModel protocol) =>
        AttributeOf(type, protocol).On(type).FindLocation("Path", type);

    /// <summary>Whether the method of a client contract awaits the peer's reply.</summary>
    public static bool IsRequest(IMethodSymbol method) =>
        ContractReader.ReplyOf(method.ReturnType) is not null;
}
