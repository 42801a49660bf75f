namespace UpgradeProtocols.Declarations;

/// <summary>The declared kind of a method, which determines its valid parameters and return types.</summary>
internal enum MethodRole
{
    Message,
    OnUpgrading,
    OnConnected,
    OnUpgraded,
    Background,
    OnDisconnected,
}
