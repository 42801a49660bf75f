using Microsoft.CodeAnalysis;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>One <c>[UpgradeProtocol]</c>, with the properties that can conflict with other declarations.</summary>
internal sealed class DeclaredProtocol
{
    private DeclaredProtocol(INamedTypeSymbol handler, AttributeData attribute)
    {
        Handler = handler;
        Attribute = attribute;
        Name = attribute.ConstructorArguments is [{ Value: string name }] ? name : null;
        Arguments = attribute.On(handler);
        Path = Arguments.Text("Path") ?? "/";
        IsRaw = attribute.Value<int>("Kind") == (int)ProtocolKind.Raw;
        IsMarkedDefault = attribute.Value<bool>("Default") == true;
        Client = Arguments.Type("Client") as INamedTypeSymbol;
        JsonContext = Arguments.Type("JsonContext") as INamedTypeSymbol;
        Methods = attribute.Texts("Methods") ?? ["GET"];
        Pattern = PatternOf(Path);
    }

    public INamedTypeSymbol Handler { get; }

    public AttributeData Attribute { get; }

    /// <summary>Its arguments, with the defaults of the class.</summary>
    public ProtocolArguments Arguments { get; }

    public string? Name { get; }

    public string Path { get; }

    public bool IsRaw { get; }

    public INamedTypeSymbol? Client { get; }

    public INamedTypeSymbol? JsonContext { get; }

    /// <summary>Whether it names a codec for its payloads.</summary>
    public bool HasCodec => Arguments.AnyType("Codec") is not null;

    /// <summary>Whether its format is known to send text and bytes unchanged.</summary>
    public bool IsPlain => Attribute.AnyType("Format") is { } format
        && (format.Is(Attributes.Namespace, "RawMessageFormat")
            || (format.Attribute(Attributes.Namespace, Attributes.MessageFormat)?.ConstructorArguments is [{ Value: int features }]
                && ((MessageFormatFeatures)features & MessageFormatFeatures.PlainPayloads) != 0));

    /// <summary>The member that holds the message's name if the format is flat JSON, else <see langword="null"/>.</summary>
    public string? FlatDiscriminator =>
        Attribute.Text("Discriminator") ?? (Attribute.AnyType("Format").Is(Attributes.Namespace, "FlatJsonMessageFormat") ? "type" : null);

    /// <summary>Whether it serves WebSocket clients that request no subprotocol.</summary>
    public bool IsDefault => !IsRaw && (Name is null || IsMarkedDefault);

    private bool IsMarkedDefault { get; }

    private EquatableArray<string> Methods { get; }

    /// <summary>The path without parameter names. Paths with equal patterns match the same requests.</summary>
    private string Pattern { get; }

    public static DeclaredProtocol Read(INamedTypeSymbol handler, AttributeData attribute) => new(handler, attribute);

    public bool HasSamePathAs(DeclaredProtocol other) => Path == other.Path;

    public bool MatchesSameRequestsAs(DeclaredProtocol other) => Pattern == other.Pattern;

    public bool IsSameProtocolAs(DeclaredProtocol other)
    {
        if (Name is null || other.Name is null || IsRaw != other.IsRaw)
        {
            return false;
        }

        return IsRaw
            ? IsSameUpgradeToken(Name, other.Name) && Methods.Intersect(other.Methods).Any()
            : Name == other.Name;
    }

    public Location? LocationIn(CancellationToken cancellationToken) =>
        Attribute.ApplicationSyntaxReference?.GetSyntax(cancellationToken).GetLocation();

    // RFC 9110 §7.8: protocol names are compared case-insensitively, versions case-sensitively.
    private static bool IsSameUpgradeToken(string left, string right)
    {
        var (leftName, leftVersion) = Split(left);
        var (rightName, rightVersion) = Split(right);
        return string.Equals(leftName, rightName, StringComparison.OrdinalIgnoreCase) && leftVersion == rightVersion;

        static (string Name, string? Version) Split(string token) =>
            token.IndexOf('/') is var slash and >= 0 ? (token.Substring(0, slash), token.Substring(slash + 1)) : (token, null);
    }

    private static string PatternOf(string path)
    {
        if (path.IndexOf('{') < 0)
        {
            return path;
        }

        IEnumerable<string> segments = path.Split('/');
        return string.Join("/", segments.Select(segment => segment.StartsWith("{", StringComparison.Ordinal) ? "{}" : segment));
    }
}
