namespace UpgradeProtocols;

/// <summary>
/// The method is called before the 101 and may refuse the upgrade: it returns an <c>UpgradeResult</c>, plain or as a
/// <see cref="ValueTask{TResult}"/> or <see cref="Task{TResult}"/>.
/// </summary>
[AttributeUsage(AttributeTargets.Method, Inherited = true)]
public sealed class OnUpgradingAttribute : Attribute;

/// <summary>The method is called after the 101 and completes before the first message is dispatched.</summary>
[AttributeUsage(AttributeTargets.Method, Inherited = true)]
public sealed class OnConnectedAttribute : Attribute;

/// <summary>
/// The method is a raw protocol without framing: it gets the <see cref="System.IO.Pipelines.IDuplexPipe"/> and owns the
/// connection until it returns.
/// </summary>
[AttributeUsage(AttributeTargets.Method, Inherited = true)]
public sealed class OnUpgradedAttribute : Attribute;

/// <summary>
/// The method runs beside the messages, from the end of <see cref="OnConnectedAttribute"/> on. When it returns the
/// connection closes with 1000; an exception closes it with 1011.
/// </summary>
[AttributeUsage(AttributeTargets.Method, Inherited = true)]
public sealed class BackgroundAttribute : Attribute;

/// <summary>
/// The method is called exactly once for every connection whose <see cref="OnConnectedAttribute"/> method was called,
/// after its last message. The connection's groups can still be read; nothing is sent any more.
/// </summary>
[AttributeUsage(AttributeTargets.Method, Inherited = true)]
public sealed class OnDisconnectedAttribute : Attribute;
