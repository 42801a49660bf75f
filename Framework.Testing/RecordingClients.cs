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
    public IReadOnlyList<RecordedCall> ToGroup(string name) => [.. Calls.Where(call => call.Target == RecordedTarget.Group && call.Names.Contains(name))];

    /// <summary>Returns the calls to a user.</summary>
    /// <param name="id">The user's id.</param>
    /// <returns>The calls.</returns>
    public IReadOnlyList<RecordedCall> ToUser(string id) => [.. Calls.Where(call => call.Target == RecordedTarget.User && call.Names.Contains(id))];

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

    /// <inheritdoc/>
    public T Groups(params IReadOnlyCollection<string> names) => Several(RecordedTarget.Group, names);

    /// <inheritdoc/>
    public T Users(params IReadOnlyCollection<string> ids) => Several(RecordedTarget.User, ids);

    /// <inheritdoc/>
    public T Connections(params IReadOnlyCollection<string> ids) => Several(RecordedTarget.Connection, ids);

    /// <inheritdoc/>
    public T Except(params IReadOnlyCollection<UpgradeConnection> connections)
    {
        ArgumentNullException.ThrowIfNull(connections);
        return Proxy(new RecordedCall(RecordedTarget.All, "", null, "", []) { LeftOut = [.. connections] });
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

    private T Several(RecordedTarget target, IReadOnlyCollection<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        foreach (var name in names)
        {
            ArgumentException.ThrowIfNullOrEmpty(name, nameof(names));
        }

        return Proxy(new RecordedCall(target, string.Join(", ", names), null, "", []) { Names = [.. names] });
    }

    private T Proxy(RecordedTarget target, string name = "", UpgradeConnection? connection = null) =>
        Proxy(new RecordedCall(target, name, connection, "", []));

    // The call without its method and arguments.
    private T Proxy(RecordedCall receivers)
    {
        var proxy = DispatchProxy.Create<T, RecordingProxy<T>>();
        ((RecordingProxy<T>)(object)proxy).Set(this, receivers);
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
    private RecordedCall? _receivers;

    internal void Set(RecordingClients<T> clients, RecordedCall receivers) => (_clients, _receivers) = (clients, receivers);

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        ArgumentNullException.ThrowIfNull(targetMethod);
        var call = _receivers! with
        {
            Method = targetMethod.Name,
            Arguments = [.. (args ?? []).Where(static argument => argument is not CancellationToken)],
        };
        return _clients!.Record(call, targetMethod.ReturnType);
    }
}
