using System.Globalization;

namespace UpgradeProtocols;

/// <summary>The error codes of JSON-RPC (JSON-RPC 2.0 §5.1).</summary>
internal static class JsonRpcErrors
{
    /// <summary>The first code of the range that is reserved for servers.</summary>
    public const int Application = -32000;

    /// <summary>Returns the number of a failure; <see langword="null"/> if the application's code isn't a number.</summary>
    public static int? NumberOf(in MessageError failure) => failure.Kind switch
    {
        MessageErrorKind.Malformed => -32700,
        MessageErrorKind.InvalidMessage or MessageErrorKind.InvalidId => -32600,
        MessageErrorKind.UnknownMessage => -32601,
        MessageErrorKind.InvalidPayload => -32602,
        MessageErrorKind.Internal => -32603,
        MessageErrorKind.Forbidden => -32001,
        MessageErrorKind.LimitExceeded => -32002,

        // The code of the Language Server Protocol, which clients of JSON-RPC know: RequestCancelled.
        MessageErrorKind.Cancelled => -32800,
        _ => failure.Number
            ?? (int.TryParse(failure.Code, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null),
    };
}
