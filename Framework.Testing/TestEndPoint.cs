using System.Net;

namespace UpgradeProtocols.Testing;

/// <summary>The remote endpoint of an in-memory client. The test server finds the server's end of the connection by it.</summary>
internal sealed class TestEndPoint() : IPEndPoint(IPAddress.Loopback, 0)
{
    private readonly TaskCompletionSource<UpgradeConnection> _connection = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<UpgradeConnection> Connection => _connection.Task;

    public void Open(UpgradeConnection connection) => _connection.TrySetResult(connection);

    // Two clients are different, although their addresses are equal.
    public override bool Equals(object? comparand) => ReferenceEquals(this, comparand);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}
