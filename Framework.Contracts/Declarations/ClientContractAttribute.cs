namespace UpgradeProtocols;

/// <summary>
/// Marks an interface that declares the messages the server may send; the generator implements it. A method that returns
/// <see cref="ValueTask"/> or a <see cref="ValueTask{TResult}"/> of <see cref="SendResult"/> is a push. A method with any other
/// <see cref="ValueTask{TResult}"/> is a request: it awaits the peer's reply, on one connection.
/// </summary>
[AttributeUsage(AttributeTargets.Interface, Inherited = false)]
public sealed class ClientContractAttribute : Attribute;
