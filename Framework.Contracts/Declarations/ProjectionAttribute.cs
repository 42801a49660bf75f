namespace UpgradeProtocols;

/// <summary>
/// On a static method of a client contract: it makes the shape that a payload has in some protocols. Every message of the contract
/// with the method's parameter as payload is sent to them with what the method returns, so that one broadcast serves versions
/// of different shapes. It runs once for each of these protocols and broadcast, and must not throw.
/// </summary>
/// <example>
/// <code>
/// [Projection("chat.v1")]
/// static SaidV1 ToV1(Said said) => new(said.Text);
/// </code>
/// </example>
/// <param name="protocols">The protocols that have this shape.</param>
[AttributeUsage(AttributeTargets.Method, Inherited = false)]
public sealed class ProjectionAttribute(params string[] protocols) : Attribute
{
    /// <summary>The protocols that have this shape.</summary>
    public string[] Protocols { get; } = protocols;
}
