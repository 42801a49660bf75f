using Microsoft.Extensions.DependencyInjection;

namespace UpgradeProtocols.Runtime;

/// <summary>What a call holds until its method's task ends: a scope of services, a pooled copy of the payload.</summary>
internal struct CallResources
{
    public AsyncServiceScope? Scope;
    public byte[]? Rented;

    /// <summary>A stream that was opened and not started yet.</summary>
    public MessageStream? Unstarted;

    /// <summary>Measures the call. There is nothing to give back of it, so that it doesn't count as a resource.</summary>
    public MessageObservation Observation;

    /// <summary>The message's way through the filters, where there are any: they see what the method throws.</summary>
    public MessageContext? Context;

    public readonly bool IsEmpty => Scope is null && Rented is null && Unstarted is null;

    public async ValueTask ReleaseAsync(Exception? failure = null)
    {
        Observation.End(failure);
        Unstarted?.Dispose();
        Unstarted = null;
        if (Rented is { } rented)
        {
            Rented = null;
            BufferPool<byte>.Shared.Return(rented);
        }

        if (Scope is { } scope)
        {
            Scope = null;
            await scope.DisposeAsync();
        }
    }
}

/// <summary>What an unfinished call keeps of its message.</summary>
internal readonly record struct KeptCall(byte[] Id, int ReplyTag, CallResources Resources);
