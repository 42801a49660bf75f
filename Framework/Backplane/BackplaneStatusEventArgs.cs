namespace UpgradeProtocols;

/// <summary>The data of <see cref="IBackplaneMonitor.Changed"/>.</summary>
/// <param name="status">The backplane's status after the change.</param>
public sealed class BackplaneStatusEventArgs(BackplaneStatus status) : EventArgs
{
    /// <summary>The backplane's status after the change.</summary>
    public BackplaneStatus Status { get; } = status;
}
