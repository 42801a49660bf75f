namespace UpgradeProtocols;

/// <summary>
/// Describes the upgrade protocols of an assembly to tools: names, paths, messages in both directions and the shapes of
/// their payloads. The generator writes it, in the format of <c>upgrade-protocols.lock.json</c>; see
/// <c>docs/contract-lock.md</c>.
/// </summary>
/// <param name="json">The description.</param>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class UpgradeProtocolDescriptionAttribute(string json) : Attribute
{
    /// <summary>The description, as JSON.</summary>
    public string Json { get; } = json;
}
