using System.IO.Pipelines;

namespace UpgradeProtocols;

/// <summary>The surroundings of a session: its transport, and the application of this side.</summary>
internal abstract class SessionHost
{
    /// <summary>Whether the transport can't read the connection at this moment: the peer's bytes stay in the socket.</summary>
    public abstract bool IsHeldUp { get; }

    /// <summary>
    /// Whether the transport knows that the peer has ended its direction or has disconnected, though that wasn't read yet.
    /// </summary>
    public abstract bool HasPeerLeft { get; }

    /// <summary>Whether the output can end while the input is still read.</summary>
    public abstract bool HalfCloses { get; }

    /// <summary>Ends the transport at once.</summary>
    public abstract void AbortTransport();

    /// <summary>Whether the connection may still be read after its end.</summary>
    public abstract bool TryLinger();

    /// <summary>Ends the transport so that the peer can read the last bytes sent.</summary>
    /// <param name="pipe">The connection's bytes.</param>
    /// <param name="isWhole">Whether everything that the peer was to send before those last bytes has been read.</param>
    public abstract Task LingerAsync(IDuplexPipe pipe, bool isWhole);

    /// <summary>Runs the application's start, during which received messages wait. Doesn't throw.</summary>
    public abstract Task StartAsync();

    /// <summary>Counts a received message; returns whether it may be handled.</summary>
    /// <param name="length">Its bytes.</param>
    public abstract bool Admits(int length);

    /// <summary>Called at each tick of the clock, before the session checks its own deadlines.</summary>
    public abstract void Tick(long now);

    /// <summary>
    /// The connection has ended: it can't be found any more, though a method of its handler may still run (W14). It may be called again.
    /// </summary>
    public abstract void Leave();

    /// <summary>The conversation has ended, and nothing of it runs any more: notifies the application, and releases everything.</summary>
    public abstract Task EndAsync();
}
