namespace UpgradeProtocols;

/// <summary>The reason for refusing a request: a few words for a metric; the response's body has a sentence.</summary>
internal enum RefusalReason
{
    MalformedRequest,
    Timeout,
    TooManyConnections,
    HostNotAllowed,
    NotFound,
    UpgradeRequired,
    MethodNotAllowed,
    Version,
    Key,
    Origin,
    Subprotocol,
    Extensions,
    Stopping,

    /// <summary>A value of the path or query can't be read.</summary>
    InvalidValue,

    /// <summary>The request isn't authenticated, or the user isn't authorized.</summary>
    Unauthorized,

    /// <summary>A filter, a middleware or the handler refused the request.</summary>
    Application,

    /// <summary>The application failed before the 101.</summary>
    Failed,
}

internal static class RefusalReasons
{
    public static string ToTag(this RefusalReason reason) => reason switch
    {
        RefusalReason.MalformedRequest => "malformed_request",
        RefusalReason.Timeout => "timeout",
        RefusalReason.TooManyConnections => "too_many_connections",
        RefusalReason.HostNotAllowed => "host_not_allowed",
        RefusalReason.NotFound => "not_found",
        RefusalReason.UpgradeRequired => "upgrade_required",
        RefusalReason.MethodNotAllowed => "method_not_allowed",
        RefusalReason.Version => "version",
        RefusalReason.Key => "key",
        RefusalReason.Origin => "origin",
        RefusalReason.Subprotocol => "subprotocol",
        RefusalReason.Extensions => "extensions",
        RefusalReason.Stopping => "stopping",
        RefusalReason.InvalidValue => "invalid_value",
        RefusalReason.Unauthorized => "unauthorized",
        RefusalReason.Application => "application",
        _ => "failed",
    };
}
