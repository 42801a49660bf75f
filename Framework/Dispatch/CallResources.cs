using Microsoft.Extensions.DependencyInjection;

namespace UpgradeProtocols.Runtime;

/// <summary>The resources that a call holds until its method's task ends: a service scope, a pooled copy of the payload.</summary>
internal struct CallResources
{
    public AsyncServiceScope? Scope;
    public byte[]? Rented;

    /// <summary>A stream that was opened and hasn't started yet.</summary>
    public MessageStream? Unstarted;

    /// <summary>The call's registration under its id, if its method takes a token.</summary>
    public ActiveCall? Active;

    /// <summary>Measures the call. It needs no release, so it doesn't count as a resource.</summary>
    public MessageObservation Observation;

    /// <summary>The way of the call's answers. It needs no release either.</summary>
    public AnswerPath Path;

    public readonly bool IsEmpty => Scope is null && Rented is null && Unstarted is null && Active is null;

    public async ValueTask ReleaseAsync(Exception? failure = null)
    {
        Observation.End(failure);
        Unstarted?.Dispose();
        Unstarted = null;
        Active?.Dispose();
        Active = null;
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

/// <summary>The parts of its message that an unfinished call keeps.</summary>
internal readonly record struct KeptCall(byte[] Id, int ReplyTag, bool HasReplyTag, CallResources Resources);
