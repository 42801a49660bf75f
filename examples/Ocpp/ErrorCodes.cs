using UpgradeProtocols;

namespace Ocpp;

/// <summary>The error codes of OCPP-J 1.6 (§4.2.3).</summary>
internal static class ErrorCodes
{
    public const string PropertyConstraintViolation = nameof(PropertyConstraintViolation);
    public const string SecurityError = nameof(SecurityError);

    /// <summary>Returns the OCPP code for an error of the framework.</summary>
    public static string Of(MessageErrorKind kind) => kind switch
    {
        MessageErrorKind.UnknownMessage => "NotImplemented",
        MessageErrorKind.InvalidMessage or MessageErrorKind.InvalidPayload => "FormationViolation",
        MessageErrorKind.InvalidId => "ProtocolError",
        MessageErrorKind.Forbidden => SecurityError,
        MessageErrorKind.Internal => "InternalError",
        _ => "GenericError",
    };
}
