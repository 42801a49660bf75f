using System.Text.Json;
using System.Text.Json.Serialization;
using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.DependencyInjection;

namespace UpgradeProtocols.Benchmarks;

/// <summary>A push to the pipes of all members of a group: with the same members, and with a join and a leave before each push.</summary>
[MemoryDiagnoser]
public class BroadcastBenchmark
{
    private readonly List<InMemoryClient> _clients = [];
    private ServiceProvider? _services;
    private UpgradeConnection? _restless;
    private INewsEvents? _group;

    [Params(1, 100, 10000)]
    public int Members { get; set; }

    [GlobalSetup]
    public async Task ConnectAsync()
    {
        var services = new ServiceCollection();
        services.AddUpgradeProtocols();
        _services = services.BuildServiceProvider();
        for (var i = 0; i < Members; i++)
        {
            _clients.Add(new InMemoryClient("/news", "news.v1", _services));
        }

        foreach (var connection in _services.GetRequiredService<IConnections>().List())
        {
            await connection.JoinAsync("room");
            _restless = connection;
        }

        _group = _services.GetRequiredService<IClients<INewsEvents>>().Group("room");
    }

    [Benchmark]
    public async Task<long> Broadcast()
    {
        await _group!.ToldAsync(new News("something of a usual length, said to everybody"));
        return Drain();
    }

    [Benchmark]
    public async Task<long> BroadcastAfterMoves()
    {
        await _restless!.LeaveAsync("room");
        await _restless.JoinAsync("room");
        return await Broadcast();
    }

    [GlobalCleanup]
    public void Close() => _clients.ForEach(client => client.Dispose());

    private long Drain()
    {
        long length = 0;
        foreach (var client in _clients)
        {
            length += client.Drain();
        }

        return length;
    }
}

[ClientContract]
public interface INewsEvents
{
    [Message("told")]
    ValueTask ToldAsync(News news);
}

public readonly record struct News(string Text);

[UpgradeProtocol("news.v1", Path = "/news", JsonContext = typeof(NewsJson), Client = typeof(INewsEvents))]
public sealed class NewsHandler
{
    [Message("nothing")]
    public void Nothing()
    {
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(News))]
public sealed partial class NewsJson : JsonSerializerContext;
