namespace UpgradeProtocols;

/// <summary>The Close with which a format answers an error (RFC 6455 §7.4).</summary>
/// <param name="Code">The close code: 1000 to 1003, 1007 to 1014, or 3000 to 4999.</param>
/// <param name="Reason">The reason, 123 bytes of UTF-8 at most; a longer one is cut.</param>
public readonly record struct MessageClose(int Code, string Reason);
