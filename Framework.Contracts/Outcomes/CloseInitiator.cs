namespace UpgradeProtocols;

/// <summary>The side that ended a connection.</summary>
public enum CloseInitiator
{
    /// <summary>The peer closed it.</summary>
    Peer,

    /// <summary>This side closed it.</summary>
    Local,

    /// <summary>Neither side closed it: the transport was lost.</summary>
    Transport,
}
