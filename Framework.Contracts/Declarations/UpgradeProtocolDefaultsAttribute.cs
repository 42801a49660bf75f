namespace UpgradeProtocols;

/// <summary>
/// Declares the values that the <see cref="UpgradeProtocolAttribute"/>s of a handler class share, so that a new version is one short
/// line. A value on a protocol overrides the default.
/// </summary>
/// <example>
/// <code>
/// [UpgradeProtocolDefaults(Path = "/chat", JsonContext = typeof(ChatJson), Client = typeof(IChatEvents))]
/// [UpgradeProtocol("chat.v3")]
/// [UpgradeProtocol("chat.v2")]
/// [UpgradeProtocol("chat.v1", JsonContext = typeof(ChatV1Json), Format = typeof(FlatJsonMessageFormat))]
/// public sealed class ChatHandler { … }
/// </code>
/// </example>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class UpgradeProtocolDefaultsAttribute : Attribute
{
    /// <summary>The default of <see cref="UpgradeProtocolAttribute.Path"/>.</summary>
    public string Path { get; set; } = "/";

    /// <summary>The default of <see cref="UpgradeProtocolAttribute.JsonContext"/>. A protocol with a <c>Codec</c> ignores it.</summary>
    public Type? JsonContext { get; set; }

    /// <summary>The default of <see cref="UpgradeProtocolAttribute.Client"/>.</summary>
    public Type? Client { get; set; }

    /// <summary>The default of <see cref="UpgradeProtocolAttribute.Codec"/>. A protocol with a <c>JsonContext</c> ignores it.</summary>
    public Type? Codec { get; set; }
}
