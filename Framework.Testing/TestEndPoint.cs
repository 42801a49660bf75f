using System.Net;

namespace UpgradeProtocols.Testing;

/// <summary>Where a client in memory comes from; by it the server's end of the connection is found.</summary>
internal sealed class TestEndPoint() : IPEndPoint(IPAddress.Loopback, 0)
{
    private readonly TaskCompletionSource<UpgradeConnection> _connection = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<UpgradeConnection> Connection => _connection.Task;

    public void Open(UpgradeConnection connection) => _connection.TrySetResult(connection);

    // Two clients are different even with equal addresses.
    public override bool Equals(object? comparand) => ReferenceEquals(this, comparand);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}
