namespace UpgradeProtocols.Transport.Epoll;

/// <summary>
/// A debugging aid: tests and the soak test overwrite every returned segment with this byte, which reveals code that still reads or sends
/// the segment. The switch is read once, so that the compiler removes the check if it is off.
/// </summary>
internal static class Poison
{
    public const string Switch = "UpgradeProtocols.Transport.Epoll.PoisonSegments";

    public const byte Value = 0xDB;

    public static readonly bool IsOn = AppContext.TryGetSwitch(Switch, out var isOn) && isOn;
}
