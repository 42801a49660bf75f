using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using UpgradeProtocols;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Serves upgrade protocols on a port of the Kestrel server that an ASP.NET Core application runs.</summary>
public static class UpgradeProtocolsListenOptionsExtensions
{
    /// <summary>
    /// Puts the lightweight server on this endpoint, instead of ASP.NET Core's HTTP: all declared protocols and the regular responses of
    /// <c>AddUpgradeProtocols().MapGet(…)</c>, with its own limits. Middleware and other endpoints aren't reached.
    /// </summary>
    /// <param name="listen">The endpoint, of <c>ConfigureKestrel(kestrel =&gt; kestrel.Listen(…))</c>.</param>
    /// <param name="secure">
    /// Adds TLS, such as <c>static listen =&gt; listen.UseHttps()</c>. TLS added here starts after the connection has been counted and its
    /// PROXY header has been read.
    /// </param>
    /// <returns>The endpoint.</returns>
    /// <exception cref="InvalidOperationException"><c>AddUpgradeProtocols()</c> wasn't called.</exception>
    public static ListenOptions UseUpgradeProtocols(this ListenOptions listen, Action<ListenOptions>? secure = null)
    {
        ArgumentNullException.ThrowIfNull(listen);
        var engine = listen.ApplicationServices.GetService<UpgradeEngine>()
            ?? throw new InvalidOperationException("Call builder.Services.AddUpgradeProtocols() before UseUpgradeProtocols().");
        engine.HasEndpoint = true;
        KestrelTransport.Serve(listen, engine, secure);
        return listen;
    }
}
