using System.ComponentModel;

namespace UpgradeProtocols.Runtime;

/// <summary>A declared protocol and its handler. Created by generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ProtocolEntry : ProtocolRoute
{
    /// <summary>The handler class.</summary>
    public required Type HandlerType { get; init; }

    /// <summary>The generated code that calls the handler.</summary>
    public required HandlerDispatcher Dispatcher { get; init; }

    /// <summary>Creates the serializers of the messages to the client.</summary>
    public IPayloadCodec? Codec { get; init; }

    /// <summary>The client contract, if one is declared.</summary>
    public Type? ClientType { get; init; }

    /// <summary>The largest message in bytes; 0 for the server's option.</summary>
    public int MaxMessageSize { get; init; }

    /// <summary>Whether messages are compressed where the client can.</summary>
    public bool Compression { get; init; }

    /// <summary>The maximum number of simultaneous connections; 0 for no limit.</summary>
    public int MaxConnections { get; init; }

    /// <summary>The policy of a push when the outbound queue is full; <see langword="null"/> where the protocol sets none.</summary>
    public SlowConsumerPolicy? SlowConsumer { get; init; }

    /// <summary>The protocol's name for logs; for a protocol without a name it includes the path.</summary>
    internal string DisplayName => Name ?? $"the default of {Path}";
}
