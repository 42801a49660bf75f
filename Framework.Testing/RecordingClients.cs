using System.Reflection;

namespace UpgradeProtocols.Testing;

/// <summary>
/// Clients that keep what they are sent, for handlers made by <see langword="new"/>: no server, no connection. The contract is implemented
/// by <see cref="DispatchProxy"/>, so that this isn't for programs that are compiled ahead of time.
/// </summary>
/// <typeparam name="T">A client contract, public or visible to the proxy's assembly.</typeparam>
/// <example>
/// <code>
/// var clients = new RecordingClients&lt;IRoomEvents&gt;();
/// await new RoomHandler(clients).SayAsync(new Say("lobby", "hi"));
/// Assert.Equal(new Said("lobby", "hi"), Assert.Single(clients.ToGroup("lobby")).Argument&lt;Said&gt;());
/// </code>
/// </example>
public sealed class RecordingClients<T> : IClients<T>
    where T : class
{
    private readonly Lock _gate = new();
    private readonly List<RecordedCall> _calls = [];
    private readonly Dictionary<string, Func<RecordedCall, object?>> _replies = new(StringComparer.Ordinal);

    /// <summary>The calls so far, the oldest first.</summary>
    public IReadOnlyList<RecordedCall> Calls
    {
        get
        {
            lock (_gate)
            {
                return [.. _calls];
            }
        }
    }

    /// <summary>The result of pushes that return <see cref="SendResult"/>; <see cref="SendOutcome.Sent"/> by default.</summary>
    public SendResult Result { get; set; } = SendOutcome.Sent;

    /// <inheritdoc/>
    public T All => Proxy(RecordedTarget.All);

    /// <summary>The calls to a group.</summary>
    /// <param name="name">The group's name.</param>
    /// <returns>The calls.</returns>
    public IReadOnlyList<RecordedCall> ToGroup(string name) => [.. Calls.Where(call => call.Target == RecordedTarget.Group && call.Name == name)];

    /// <summary>The calls to a user.</summary>
    /// <param name="id">The user's id.</param>
    /// <returns>The calls.</returns>
    public IReadOnlyList<RecordedCall> ToUser(string id) => [.. Calls.Where(call => call.Target == RecordedTarget.User && call.Name == id)];

    /// <summary>Says what a request to the client is answered with.</summary>
    /// <typeparam name="TReply">The reply's type.</typeparam>
    /// <param name="method">The method's name.</param>
    /// <param name="reply">Makes the reply, or throws what the method is to throw.</param>
    public void Reply<TReply>(string method, Func<RecordedCall, TReply> reply)
    {
        ArgumentNullException.ThrowIfNull(reply);
        lock (_gate)
        {
            _replies[method] = call => reply(call);
        }
    }

    /// <summary>Says what a request to the client is answered with.</summary>
    /// <typeparam name="TReply">The reply's type.</typeparam>
    /// <param name="method">The method's name.</param>
    /// <param name="reply">The reply.</param>
    public void Reply<TReply>(string method, TReply reply) => Reply(method, _ => reply);

    /// <inheritdoc/>
    public T Group(string name, UpgradeConnection? except = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Proxy(RecordedTarget.Group, name, except);
    }

    /// <inheritdoc/>
    public T Connection(string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return Proxy(RecordedTarget.Connection, id);
    }

    /// <inheritdoc/>
    public T User(string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return Proxy(RecordedTarget.User, id);
    }

    /// <inheritdoc/>
    public T Except(UpgradeConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return Proxy(RecordedTarget.All, "", connection);
    }

    /// <inheritdoc/>
    public T Connection(UpgradeConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return Proxy(RecordedTarget.Connection, connection.Id, connection);
    }

    internal object? Record(RecordedCall call, Type returnType)
    {
        Func<RecordedCall, object?>? reply;
        lock (_gate)
        {
            _calls.Add(call);
            reply = _replies.GetValueOrDefault(call.Method);
        }

        return RecordedReturn.Of(returnType, call, reply, Result);
    }

    private T Proxy(RecordedTarget target, string name = "", UpgradeConnection? connection = null)
    {
        var proxy = DispatchProxy.Create<T, RecordingProxy<T>>();
        ((RecordingProxy<T>)(object)proxy).Set(this, target, name, connection);
        return proxy;
    }
}

/// <summary>Implements a client contract. It is public for <see cref="DispatchProxy"/>'s sake only.</summary>
/// <typeparam name="T">The contract.</typeparam>
[System.ComponentModel.EditorBrowsable(System.ComponentModel.EditorBrowsableState.Never)]
public class RecordingProxy<T> : DispatchProxy
    where T : class
{
    private RecordingClients<T>? _clients;
    private RecordedTarget _target;
    private string _name = "";
    private UpgradeConnection? _connection;

    internal void Set(RecordingClients<T> clients, RecordedTarget target, string name, UpgradeConnection? connection) =>
        (_clients, _target, _name, _connection) = (clients, target, name, connection);

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        ArgumentNullException.ThrowIfNull(targetMethod);
        var call = new RecordedCall(_target, _name, _connection, targetMethod.Name, [.. (args ?? []).Where(static argument => argument is not CancellationToken)]);
        return _clients!.Record(call, targetMethod.ReturnType);
    }
}
