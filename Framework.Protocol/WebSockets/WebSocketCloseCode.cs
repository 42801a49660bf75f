namespace UpgradeProtocols;

/// <summary>Close codes (RFC 6455 §7.4 and the IANA registry that continues it).</summary>
internal static class WebSocketCloseCode
{
    public const ushort NormalClosure = 1000;
    public const ushort GoingAway = 1001;
    public const ushort ProtocolError = 1002;
    public const ushort UnsupportedData = 1003;

    /// <summary>Means that the Close had no code; never on the wire.</summary>
    public const ushort NoStatusReceived = 1005;

    /// <summary>Means that there was no Close; never on the wire.</summary>
    public const ushort AbnormalClosure = 1006;

    public const ushort InvalidPayload = 1007;
    public const ushort PolicyViolation = 1008;
    public const ushort MessageTooBig = 1009;
    public const ushort MandatoryExtension = 1010;
    public const ushort InternalError = 1011;
    public const ushort ServiceRestart = 1012;
    public const ushort TryAgainLater = 1013;
    public const ushort BadGateway = 1014;

    /// <summary>
    /// Whether a Close frame may contain the code. 1004 is reserved, 1005, 1006 and 1015 are for local use, 1016 to 2999 are for future
    /// protocol revisions (RFC 6455 §7.4.2); 3000 to 4999 belong to libraries and applications.
    /// </summary>
    public static bool IsValidOnWire(ushort code) =>
        code is (>= 1000 and <= 1003) or (>= 1007 and <= 1014) or (>= 3000 and <= 4999);
}
