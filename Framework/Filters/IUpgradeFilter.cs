using System.Diagnostics.CodeAnalysis;

namespace UpgradeProtocols;

/// <summary>
/// Runs around every negotiated handshake, before its handler is created. A filter can refuse the handshake (401, 403, 429…), set the user
/// or add headers to the response. <see cref="UpgradeProtocolsBuilder.AddUpgradeFilter{TFilter}"/> adds a filter; the first one added is
/// the outermost.
/// </summary>
[SuppressMessage("Naming", "CA1716", Justification = "The parameter is named next, as in ASP.NET Core.")]
public interface IUpgradeFilter
{
    /// <summary>Decides on the upgrade, or leaves the decision to the next filter.</summary>
    /// <param name="connection">The connection, before the upgrade; nothing can be sent on it yet.</param>
    /// <param name="next">The next filter or, after the last filter, the handler. Call it once, or don't call it to refuse.</param>
    /// <returns>The decision: that of <paramref name="next"/>, or a refusal. An exception results in a 500 response.</returns>
    ValueTask<UpgradeResult> InvokeAsync(UpgradeConnection connection, UpgradeFilterDelegate next);
}

/// <summary>The next step after a handshake filter.</summary>
/// <param name="connection">The connection, before the upgrade.</param>
/// <returns>The decision.</returns>
[SuppressMessage("Naming", "CA1711", Justification = "As EndpointFilterDelegate and RequestDelegate of ASP.NET Core.")]
public delegate ValueTask<UpgradeResult> UpgradeFilterDelegate(UpgradeConnection connection);
