namespace UpgradeProtocols;

/// <summary>
/// Tells what a codec's payloads are: text, as without this attribute, or binary. Binary ones can't stand in a format of text,
/// and without an envelope a message with one is a binary frame; analyzers and generated code hold to it. The codec's
/// serializers say the same by <see cref="PayloadSerializer{T}.Kind"/>.
/// </summary>
/// <param name="kind">Text or binary.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
public sealed class PayloadCodecAttribute(MessageKind kind) : Attribute
{
    /// <summary>Text or binary.</summary>
    public MessageKind Kind { get; } = kind;
}
