using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>Creates the generated implementations of a client contract for their receivers.</summary>
internal sealed class Clients<T>(ConnectionHub hub, Func<ClientTarget, T> create) : IClients<T>
    where T : class
{
    public T All { get; } = create(ClientTarget.All(hub, except: null));

    public T Group(string name, UpgradeConnection? except = null)
    {
        MemberName.Check(name);
        return create(ClientTarget.Group(hub, name, except));
    }

    public T Connection(string id)
    {
        MemberName.Check(id);
        return create(ClientTarget.One(hub, id));
    }

    public T User(string id)
    {
        MemberName.Check(id);
        return create(ClientTarget.User(hub, id));
    }

    public T Except(UpgradeConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return create(ClientTarget.All(hub, connection));
    }

    public T Connection(UpgradeConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return create(ClientTarget.One(hub, connection));
    }
}
