namespace UpgradeProtocols;

/// <summary>
/// Marks the method that the server calls before the 101 response. The method may refuse the upgrade: it returns an
/// <c>UpgradeResult</c>, directly or as a <see cref="ValueTask{TResult}"/> or <see cref="Task{TResult}"/>.
/// </summary>
[AttributeUsage(AttributeTargets.Method, Inherited = true)]
public sealed class OnUpgradingAttribute : Attribute;

/// <summary>
/// Marks the method that the server calls after the 101 response. It completes before the server dispatches the first message.
/// </summary>
[AttributeUsage(AttributeTargets.Method, Inherited = true)]
public sealed class OnConnectedAttribute : Attribute;

/// <summary>
/// Marks the method of a raw protocol without framing: it gets the <see cref="System.IO.Pipelines.IDuplexPipe"/> and owns the
/// connection until it returns.
/// </summary>
[AttributeUsage(AttributeTargets.Method, Inherited = true)]
public sealed class OnUpgradedAttribute : Attribute;

/// <summary>
/// Marks the method that runs concurrently with the message methods, after the <see cref="OnConnectedAttribute"/> method has ended.
/// When it returns, the connection closes with 1000. An exception closes the connection with 1011.
/// </summary>
[AttributeUsage(AttributeTargets.Method, Inherited = true)]
public sealed class BackgroundAttribute : Attribute;

/// <summary>
/// Marks the method that the server calls exactly once for every connection whose <see cref="OnConnectedAttribute"/> method was called,
/// after the last message. The method can still read the connection's groups, but can't send any more.
/// </summary>
[AttributeUsage(AttributeTargets.Method, Inherited = true)]
public sealed class OnDisconnectedAttribute : Attribute;
