namespace UpgradeProtocols;

/// <summary>The lightweight server that <see cref="UpgradeProtocolsBuilder.Listen"/> starts with the host.</summary>
public interface IUpgradeServer
{
    /// <summary>The addresses it listens on, with the ports that were found where 0 was asked for; empty until the host has started.</summary>
    IReadOnlyCollection<string> Addresses { get; }
}
