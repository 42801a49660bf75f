using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>Reads the codec that a protocol names instead of a JsonSerializerContext.</summary>
internal sealed class CodecReader(INamedTypeSymbol type, Compilation compilation, ProblemSink problems)
{
    // The value of MessageKind.Binary.
    private const int Binary = 1;

    public CodecModel? Read(ProtocolArguments arguments, string display, FormatModel format, ref bool isRight)
    {
        if (arguments.AnyType("Codec") is not { } codec)
        {
            return null;
        }

        var kind = codec.Attribute(Attributes.Namespace, Attributes.PayloadCodec)?.ConstructorArguments is [{ Value: int given }] ? given : 0;
        var isBinary = kind == Binary;
        var problem = kind is < 0 or > Binary ? "is declared with an invalid MessageKind: use MessageKind.Text or MessageKind.Binary"
            : IsUsable(codec) ? ProblemOf(arguments, format, isBinary)
            : "can't be used by generated code: use an internal or public type that implements IPayloadCodec and has a public parameterless constructor";
        if (problem is null)
        {
            return new CodecModel(codec.CodeForTypeOf(), isBinary);
        }

        problems.Report(Rules.Codec, () => arguments.FindLocation("Codec", type), codec.Display(), display, problem);
        isRight = false;
        return null;
    }

    private static string? ProblemOf(ProtocolArguments arguments, FormatModel format, bool isBinary)
    {
        if (arguments.Named("JsonContext") is { IsNull: false })
        {
            return "is set in addition to a JsonContext, but only one of them can write payloads: remove one";
        }

        return isBinary && (format.Type is FormatModel.Json or FormatModel.FlatJson)
            ? $"writes bytes, but the messages of {format.DisplayName} are text: set a Format with binary messages, such as typeof(RawMessageFormat)"
            : null;
    }

    private bool IsUsable(ITypeSymbol candidate) =>
        candidate is INamedTypeSymbol { TypeKind: TypeKind.Class or TypeKind.Struct, IsAbstract: false, IsRefLikeType: false, IsUnboundGenericType: false } codec
        && codec.AllInterfaces.Any(implemented => implemented.Is(Attributes.Namespace, "IPayloadCodec"))
        && codec.IsReachable(compilation, type.ContainingAssembly)
        && codec.InstanceConstructors.Any(constructor => constructor.Parameters.IsEmpty && constructor.DeclaredAccessibility == Accessibility.Public && !constructor.IsObsoleteError())
        && !codec.SelfAndBases().Any(level => level.GetMembers().Any(member => member is IPropertySymbol { IsRequired: true } or IFieldSymbol { IsRequired: true }));
}
