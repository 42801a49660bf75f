namespace UpgradeProtocols;

/// <summary>Who ended a connection.</summary>
public enum CloseInitiator
{
    /// <summary>The peer closed it.</summary>
    Peer,

    /// <summary>This side closed it.</summary>
    Local,

    /// <summary>Nobody said so: the transport was lost.</summary>
    Transport,
}
