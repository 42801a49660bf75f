using System.Buffers;
using Microsoft.Extensions.DependencyInjection;

namespace UpgradeProtocols.Runtime;

/// <summary>What a call holds until its method's task ends: a scope of services, a pooled copy of the payload.</summary>
internal struct CallResources
{
    public AsyncServiceScope? Scope;
    public byte[]? Rented;

    public readonly bool IsEmpty => Scope is null && Rented is null;

    /// <summary>Gives everything back at once, for a call that failed before its task was made.</summary>
    public void Release()
    {
        Scope?.Dispose();
        ReturnRented();
        Scope = null;
    }

    public async ValueTask ReleaseAsync()
    {
        ReturnRented();
        if (Scope is { } scope)
        {
            await scope.DisposeAsync();
        }
    }

    private void ReturnRented()
    {
        if (Rented is { } rented)
        {
            Rented = null;
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}

/// <summary>What an unfinished call keeps of its message.</summary>
internal readonly record struct KeptCall(byte[] Id, CallResources Resources);
