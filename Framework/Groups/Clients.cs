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

    public T Groups(params IReadOnlyCollection<string> names) => create(ClientTarget.OfGroups(hub, Checked(names)));

    public T Users(params IReadOnlyCollection<string> ids)
    {
        var targets = Checked(ids).Select(id => ClientTarget.User(hub, id));
        return create(ClientTarget.Several(hub, [.. targets]));
    }

    public T Connections(params IReadOnlyCollection<string> ids)
    {
        var targets = Checked(ids).Select(id => ClientTarget.One(hub, id));
        return create(ClientTarget.Several(hub, [.. targets]));
    }

    public T Except(params IReadOnlyCollection<UpgradeConnection> connections)
    {
        ArgumentNullException.ThrowIfNull(connections);
        return create(ClientTarget.AllBut(hub, [.. connections]));
    }

    public T Connection(UpgradeConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return create(ClientTarget.One(hub, connection));
    }

    // A name that is given twice is one receiver.
    private static string[] Checked(IReadOnlyCollection<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        foreach (var name in names)
        {
            MemberName.Check(name, nameof(names));
        }

        return [.. names.Distinct(StringComparer.Ordinal)];
    }
}
