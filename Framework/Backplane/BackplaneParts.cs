using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace UpgradeProtocols;

/// <summary>The parts from which the hub creates its link to other nodes. Registered with a backplane, and not without one.</summary>
/// <param name="Backplane">The engine.</param>
/// <param name="Protocols">The protocols that this node declares.</param>
/// <param name="Options">The options of the nodes' work together.</param>
/// <param name="Logger">The logger.</param>
internal sealed record BackplaneParts(
    IBackplane Backplane, DeclaredProtocols Protocols, IOptions<BackplaneOptions> Options, ILogger<BackplaneLink> Logger);
