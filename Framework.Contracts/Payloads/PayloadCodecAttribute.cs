namespace UpgradeProtocols;

/// <summary>
/// Declares whether a codec's payloads are text, the default without this attribute, or binary. A text format can't carry binary
/// payloads, and without an envelope a message with a binary payload is a binary frame. Analyzers and generated code rely on this
/// attribute. The codec's serializers return the same kind from <see cref="PayloadSerializer{T}.Kind"/>.
/// </summary>
/// <param name="kind">Text or binary.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
public sealed class PayloadCodecAttribute(MessageKind kind) : Attribute
{
    /// <summary>Text or binary.</summary>
    public MessageKind Kind { get; } = kind;
}
