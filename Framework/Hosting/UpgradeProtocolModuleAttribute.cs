using System.ComponentModel;

namespace UpgradeProtocols.Runtime;

/// <summary>Names the generated class that registers an assembly's handlers, for assemblies that reference it.</summary>
/// <param name="moduleType">The class; it has a static method <c>Register(UpgradeProtocolsBuilder)</c>.</param>
[AttributeUsage(AttributeTargets.Assembly)]
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class UpgradeProtocolModuleAttribute(Type moduleType) : Attribute
{
    /// <summary>The class.</summary>
    public Type ModuleType { get; } = moduleType;
}
