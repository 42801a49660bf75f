namespace UpgradeProtocols;

/// <summary>
/// Marks a static method of a client contract that converts a payload to the shape it has in some protocols. For these protocols, every
/// message of the contract whose payload has the type of the method's parameter is sent with the method's result instead. One broadcast
/// can so serve versions with different shapes. The method runs once for each of these protocols and broadcast, and must not throw.
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
