using System.Reflection;

namespace UpgradeProtocols.Testing;

/// <summary>
/// Clients that record the calls they receive, for handlers that a test creates with <see langword="new"/>: no server, no connection.
/// <see cref="DispatchProxy"/> implements the contract, so this class doesn't work in programs that are compiled ahead of time.
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

    /// <summary>The calls so far, oldest first.</summary>
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

    /// <summary>The result of pushes that return a <see cref="SendResult"/>; <see cref="SendOutcome.Sent"/> by default.</summary>
    public SendResult Result { get; set; } = SendOutcome.Sent;

    /// <inheritdoc/>
    public T All => Proxy(RecordedTarget.All);

    /// <summary>Returns the calls to a group.</summary>
    /// <param name="name">The group's name.</param>
    /// <returns>The calls.</returns>
    public IReadOnlyList<RecordedCall> ToGroup(string name) => [.. Calls.Where(call => call.Target == RecordedTarget.Group && call.Name == name)];

    /// <summary>Returns the calls to a user.</summary>
    /// <param name="id">The user's id.</param>
    /// <returns>The calls.</returns>
    public IReadOnlyList<RecordedCall> ToUser(string id) => [.. Calls.Where(call => call.Target == RecordedTarget.User && call.Name == id)];

    /// <summary>Sets the reply to a request of the server.</summary>
    /// <typeparam name="TReply">The reply's type.</typeparam>
    /// <param name="method">The method's name.</param>
    /// <param name="reply">Creates the reply, or throws the exception that the method should throw.</param>
    public void Reply<TReply>(string method, Func<RecordedCall, TReply> reply)
    {
        ArgumentNullException.ThrowIfNull(reply);
        lock (_gate)
        {
            _replies[method] = call => reply(call);
        }
    }

    /// <summary>Sets the reply to a request of the server.</summary>
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

/// <summary>The implementation of a client contract. It is public only because <see cref="DispatchProxy"/> needs it.</summary>
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
