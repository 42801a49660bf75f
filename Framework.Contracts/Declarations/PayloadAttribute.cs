namespace UpgradeProtocols;

/// <summary>
/// The parameter takes the payload whole, in formats that bind parameters by name or position
/// (<see cref="MessageFormatFeatures.Parameters"/>). In others a payload is taken whole anyway.
/// </summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class PayloadAttribute : Attribute;
