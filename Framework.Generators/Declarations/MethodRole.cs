namespace UpgradeProtocols.Declarations;

/// <summary>What a method is declared to be, which decides what it can take and return.</summary>
internal enum MethodRole
{
    Message,
    OnUpgrading,
    OnConnected,
    OnUpgraded,
    Background,
    OnDisconnected,
}
