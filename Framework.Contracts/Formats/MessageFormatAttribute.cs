namespace UpgradeProtocols;

/// <summary>Declares the features of a message format.</summary>
/// <param name="features">The format's features.</param>
[AttributeUsage(AttributeTargets.Struct)]
public sealed class MessageFormatAttribute(MessageFormatFeatures features) : Attribute
{
    /// <summary>The format's features.</summary>
    public MessageFormatFeatures Features { get; } = features;

    /// <summary>The smallest tag, for formats with <see cref="MessageFormatFeatures.Tags"/>; 0 by default.</summary>
    public int MinTag { get; set; }

    /// <summary>The largest tag, for formats with <see cref="MessageFormatFeatures.Tags"/>; 255 by default.</summary>
    public int MaxTag { get; set; } = 255;
}
