namespace UpgradeProtocols;

/// <summary>
/// On a handler class: the values that its <see cref="UpgradeProtocolAttribute"/>s share, so that a new version is one short line. A value
/// on a protocol replaces the default.
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

    /// <summary>The default of <see cref="UpgradeProtocolAttribute.JsonContext"/>. A protocol with a <c>Codec</c> doesn't take it.</summary>
    public Type? JsonContext { get; set; }

    /// <summary>The default of <see cref="UpgradeProtocolAttribute.Client"/>.</summary>
    public Type? Client { get; set; }

    /// <summary>The default of <see cref="UpgradeProtocolAttribute.Codec"/>. A protocol with a <c>JsonContext</c> doesn't take it.</summary>
    public Type? Codec { get; set; }
}
