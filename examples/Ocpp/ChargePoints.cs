using System.Collections.Concurrent;
using UpgradeProtocols;

namespace Ocpp;

/// <summary>The charge points of this server, in memory. Transactions outlive the connections.</summary>
internal sealed class ChargePoints
{
    private readonly ConcurrentDictionary<string, ChargePoint> _all = new(StringComparer.Ordinal);
    private int _transactions;

    public IReadOnlyList<ChargePointView> View() => [.. _all.Values.OrderBy(point => point.Id, StringComparer.Ordinal).Select(point => point.View())];

    /// <summary>Gets or adds a charge point. All callers are authenticated, so the configuration limits their number.</summary>
    public ChargePoint Of(string id) => _all.GetOrAdd(id, static id => new ChargePoint(id));

    public int NextTransaction() => Interlocked.Increment(ref _transactions);
}

/// <summary>A charge point. Its connection's messages use it one at a time, and the operator's requests read it concurrently.</summary>
internal sealed class ChargePoint(string id)
{
    // An operator sees only the last few transactions; a real server keeps the others in a database.
    private const int MaxTransactions = 100;
    private const int MaxConnectors = 100;

    private readonly Lock _gate = new();
    private readonly SortedDictionary<int, ConnectorStatus> _connectors = [];
    private readonly List<TransactionView> _known = [];
    private UpgradeConnection? _connection;
    private string? _model;

    public string Id { get; } = id;

    /// <summary>Replaces the current connection and returns the old one, which the caller must close.</summary>
    public UpgradeConnection? Connect(UpgradeConnection connection)
    {
        lock (_gate)
        {
            var before = _connection;
            _connection = connection;
            return before;
        }
    }

    /// <summary>Removes a connection that has ended, unless a newer one has replaced it.</summary>
    public void Disconnect(UpgradeConnection connection)
    {
        lock (_gate)
        {
            _connection = _connection == connection ? null : _connection;
        }
    }

    public void Boot(string model)
    {
        lock (_gate)
        {
            _model = model;
        }
    }

    public void SetStatus(int connector, ConnectorStatus status)
    {
        lock (_gate)
        {
            if (_connectors.Count < MaxConnectors || _connectors.ContainsKey(connector))
            {
                _connectors[connector] = status;
            }
        }
    }

    public void Start(TransactionView transaction)
    {
        lock (_gate)
        {
            _known.Add(transaction);
            if (_known.Count > MaxTransactions)
            {
                _known.RemoveAt(0);
            }
        }
    }

    /// <summary>Changes a transaction of this charge point. Ignores an unknown one and one of another charge point.</summary>
    public void Update(int? id, Func<TransactionView, TransactionView> change)
    {
        lock (_gate)
        {
            var place = _known.FindIndex(transaction => transaction.Id == id);
            if (place >= 0)
            {
                _known[place] = change(_known[place]);
            }
        }
    }

    public ChargePointView View()
    {
        lock (_gate)
        {
            return new ChargePointView(Id, _connection is not null, _model, new SortedDictionary<int, ConnectorStatus>(_connectors), [.. _known]);
        }
    }
}
