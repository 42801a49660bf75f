namespace UpgradeProtocols;

/// <summary>
/// The interface tells what the server may send: the generator implements it. A method that returns
/// <see cref="ValueTask"/> or a <see cref="ValueTask{TResult}"/> of <see cref="SendResult"/> is a push; any other
/// <see cref="ValueTask{TResult}"/> is a request that awaits the peer's reply, on one connection.
/// </summary>
[AttributeUsage(AttributeTargets.Interface, Inherited = false)]
public sealed class ClientContractAttribute : Attribute;
