using System.ComponentModel;

namespace UpgradeProtocols.Runtime;

/// <summary>A declared protocol with what serves it. Made by generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ProtocolEntry : ProtocolRoute
{
    /// <summary>The handler class.</summary>
    public required Type HandlerType { get; init; }

    /// <summary>The generated code that calls the handler.</summary>
    public required HandlerDispatcher Dispatcher { get; init; }

    /// <summary>Makes the serializers of what is pushed to the client.</summary>
    public IPayloadCodec? Codec { get; init; }

    /// <summary>The client contract, if one is declared.</summary>
    public Type? ClientType { get; init; }

    /// <summary>The largest message in bytes; the server's option when 0.</summary>
    public int MaxMessageSize { get; init; }

    /// <summary>Whether messages are compressed where the client can.</summary>
    public bool Compression { get; init; }

    /// <summary>How many connections it may have at a time; any number when 0.</summary>
    public int MaxConnections { get; init; }

    /// <summary>What a push does when the outbound queue is full; <see langword="null"/> where the protocol doesn't say.</summary>
    public SlowConsumerPolicy? SlowConsumer { get; init; }

    /// <summary>The protocol's name for logs: with the path where it has none.</summary>
    internal string DisplayName => Name ?? $"the default of {Path}";
}
