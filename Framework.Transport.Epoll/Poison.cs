namespace UpgradeProtocols.Transport.Epoll;

/// <summary>
/// In tests and in the soak a segment that is given back is overwritten: who still reads it, or sends it, is found out by this byte.
/// The switch is read once, so that the compiler leaves the check out where it is off.
/// </summary>
internal static class Poison
{
    public const string Switch = "UpgradeProtocols.Transport.Epoll.PoisonSegments";

    public const byte Value = 0xDB;

    public static readonly bool IsOn = AppContext.TryGetSwitch(Switch, out var isOn) && isOn;
}
