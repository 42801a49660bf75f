using System.Diagnostics.CodeAnalysis;

namespace UpgradeProtocols;

/// <summary>
/// Runs around every handshake that was negotiated, before its handler is made: to refuse it (401, 403, 429…), to set the user, to add
/// fields to the answer. <see cref="UpgradeProtocolsBuilder.AddUpgradeFilter{TFilter}"/> adds one; the first that was added is the outermost.
/// </summary>
[SuppressMessage("Naming", "CA1716", Justification = "What comes next is called next, here as in ASP.NET Core.")]
public interface IUpgradeFilter
{
    /// <summary>Decides on the upgrade, or lets the next decide.</summary>
    /// <param name="connection">The connection that is to be; nothing can be sent on it yet.</param>
    /// <param name="next">The next filter, and in the end the handler. It is called once, or not at all to refuse.</param>
    /// <returns>The decision: that of <paramref name="next"/>, or a refusal. An exception is answered with 500.</returns>
    ValueTask<UpgradeResult> InvokeAsync(UpgradeConnection connection, UpgradeFilterDelegate next);
}

/// <summary>What comes after a filter of handshakes.</summary>
/// <param name="connection">The connection that is to be.</param>
/// <returns>The decision.</returns>
[SuppressMessage("Naming", "CA1711", Justification = "As EndpointFilterDelegate and RequestDelegate of ASP.NET Core.")]
public delegate ValueTask<UpgradeResult> UpgradeFilterDelegate(UpgradeConnection connection);
