namespace UpgradeProtocols;

/// <summary>The lightweight server that <see cref="UpgradeProtocolsBuilder.Listen"/> starts with the host.</summary>
public interface IUpgradeServer
{
    /// <summary>
    /// The addresses that the server listens on, with the actual port instead of port 0; empty until the host has started.
    /// </summary>
    IReadOnlyCollection<string> Addresses { get; }
}
