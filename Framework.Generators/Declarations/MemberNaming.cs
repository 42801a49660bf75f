using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>How a protocol writes and compares the names of payload parameters.</summary>
/// <param name="Policy">The naming policy of the protocol's context.</param>
/// <param name="IgnoresCase">Whether names are compared without case.</param>
internal sealed record MemberNaming(NamingPolicy Policy, bool IgnoresCase)
{
    /// <summary>Web naming, for a protocol without a context.</summary>
    public static readonly MemberNaming Web = new(NamingPolicy.Camel, IgnoresCase: true);

    // JSON-RPC compares names with case (JSON-RPC 2.0 §4.2), and they have always been in camel case.
    private static readonly MemberNaming s_parameters = new(NamingPolicy.Camel, IgnoresCase: false);

    public static MemberNaming Of(FormatModel format, ITypeSymbol? context) =>
        !format.HasMembers ? s_parameters : new MemberNaming(JsonMembers.PolicyOf(context), JsonMembers.IgnoresCase(context));

    /// <summary>The name of a parameter on the wire.</summary>
    public string NameOf(string parameter) => JsonMembers.Apply(Policy, parameter);

    public bool AreSame(string one, string other) => string.Equals(one, other, IgnoresCase ? System.StringComparison.OrdinalIgnoreCase : System.StringComparison.Ordinal);
}

/// <summary>The naming policies of System.Text.Json; the numbers are those of JsonKnownNamingPolicy.</summary>
internal enum NamingPolicy
{
    None = 0,
    Camel = 1,
    SnakeLower = 2,
    SnakeUpper = 3,
    KebabLower = 4,
    KebabUpper = 5,
}
