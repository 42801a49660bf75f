namespace UpgradeProtocols;

/// <summary>
/// Binds the whole payload to the parameter, in formats that bind parameters by name or position
/// (<see cref="MessageFormatFeatures.Parameters"/>). Other formats always bind the whole payload.
/// </summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class PayloadAttribute : Attribute;
