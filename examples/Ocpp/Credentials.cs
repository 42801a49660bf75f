using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration;
using UpgradeProtocols;

namespace Ocpp;

/// <summary>
/// The passwords of the charge points and of the operator, from the configuration: <c>ChargePoints:cp-1</c> and <c>Operator</c>.
/// The class stores hashes only and compares them in constant time.
/// </summary>
internal sealed class Credentials(IConfiguration configuration)
{
    public const string Operator = "operator";

    /// <summary>The header of a 401 that requests Basic authentication (RFC 7617 §2).</summary>
    public static KeyValuePair<string, string> Challenge { get; } = new("WWW-Authenticate", "Basic realm=\"ocpp\", charset=\"UTF-8\"");

    // For an unknown user, the comparison uses a random password.
    private readonly byte[] _nobody = RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes);

    private readonly FrozenDictionary<string, byte[]> _chargePoints = configuration.GetSection("ChargePoints").GetChildren()
        .Where(entry => entry.Value is { Length: > 0 })
        .ToFrozenDictionary(entry => entry.Key, entry => Hash(entry.Value!), StringComparer.Ordinal);

    private readonly byte[]? _operator = configuration["Operator"] is { Length: > 0 } password ? Hash(password) : null;

    public bool IsChargePoint(UpgradeRequest request, string id) => IsRight(request, id, _chargePoints.GetValueOrDefault(id));

    public bool IsOperator(UpgradeRequest request) => IsRight(request, Operator, _operator);

    private bool IsRight(UpgradeRequest request, string user, byte[]? expected)
    {
        var (given, password) = Read(request.Headers["Authorization"]);
        var isUser = CryptographicOperations.FixedTimeEquals(Hash(given), Hash(user));
        var isPassword = CryptographicOperations.FixedTimeEquals(Hash(password), expected ?? _nobody);
        return isUser & isPassword;
    }

    // RFC 7617 §2: Basic base64(user:password); the user must not contain a colon.
    private static (string User, string Password) Read(string? authorization)
    {
        const string scheme = "Basic ";
        var buffer = new byte[authorization?.Length ?? 0];
        if (authorization is null || !authorization.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
            || !Convert.TryFromBase64String(authorization[scheme.Length..].Trim(), buffer, out var length))
        {
            return ("", "");
        }

        var text = Encoding.UTF8.GetString(buffer, 0, length);
        return text.IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon ? (text[..colon], text[(colon + 1)..]) : (text, "");
    }

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
