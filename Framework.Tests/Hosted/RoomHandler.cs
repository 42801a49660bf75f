using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading.Channels;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;

namespace UpgradeProtocols.Tests.Hosted;

/// <summary>A handler as a user writes it, with generated code. It is the same in every kind of hosting.</summary>
[UpgradeProtocol("room.v2", Path = "/rooms/{room}", JsonContext = typeof(RoomJson), Client = typeof(IRoomEvents))]
[UpgradeProtocol("room.v1", Path = "/rooms/{room}", JsonContext = typeof(RoomJson), Client = typeof(IRoomEvents), Format = typeof(FlatJsonMessageFormat))]
public sealed class RoomHandler(IClients<IRoomEvents> clients, RoomLog log, RoomScope scope)
{
    private string _room = "";

    [OnUpgrading]
    public UpgradeResult Upgrading([FromRoute] string room, UpgradeConnection connection)
    {
        _room = room;
        connection.Items["scope"] = scope;
        return room switch
        {
            "closed" => UpgradeResult.Refuse(403, "This room is closed."),
            "broken" => throw new InvalidOperationException("broken"),
            _ => UpgradeResult.Accept().WithHeader("X-Room", room),
        };
    }

    [OnConnected]
    public ValueTask ConnectedAsync(UpgradeConnection connection) => connection.JoinAsync(_room);

    [Message("say")]
    public ValueTask SayAsync(Say say) => clients.Group(_room).SaidAsync(new Said(say.Text));

    [Message("where", Versions = ["room.v2"])]
    public Where Tell(UpgradeConnection connection, [FromQuery] string? name = null) =>
        new(_room, name, connection.Protocol, connection.Request.HttpVersion.ToString(), connection.User.Identity?.Name);

    [Message("size", Versions = ["room.v2"])]
    public Size Measure(Say say) => new(say.Text.Length);

    [Message("count", Versions = ["room.v2"])]
    public async IAsyncEnumerable<int> CountAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            for (var i = 1; ; i++)
            {
                yield return i;
                await Task.Yield();
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            log.Add(_room, "count ended");
        }
    }

    [Message("sweep", Versions = ["room.v2"]), Authorize(Roles = "keeper")]
    public Size Sweep() => new(0);

    [Message("slowsweep", Versions = ["room.v2"]), Authorize("slow")]
    public Size SlowSweep(Say say) => new(say.Text.Length);

    [Message("renew", Versions = ["room.v2"])]
    public void Renew(Say say, UpgradeConnection connection) =>
        connection.SetUser(connection.User, DateTimeOffset.FromUnixTimeSeconds(long.Parse(say.Text, null)));

    [Message("fail", Versions = ["room.v2"])]
    public void Fail() => throw new InvalidOperationException("secret");

    [Message("leave", Versions = ["room.v2"])]
    public ValueTask LeaveAsync(UpgradeConnection connection) => connection.CloseAsync(4000, "as asked");

    [OnDisconnected]
    public void Disconnected(UpgradeConnection connection, CloseInfo close) => log.Add(_room, $"{close.Code} {close.Initiator} {close.Reason}".TrimEnd());
}

/// <summary>A path whose handler is for those who are known alone.</summary>
[UpgradeProtocol("private.v1", Path = "/private", Format = typeof(RawMessageFormat))]
[Authorize]
public sealed class PrivateHandler
{
    [Message]
    public string Tell(string text, UpgradeConnection connection) => $"{connection.User.Identity?.Name}: {text}";
}

/// <summary>On the same path, for keepers.</summary>
[UpgradeProtocol("keepers.v1", Path = "/private", Format = typeof(RawMessageFormat))]
[Authorize(Roles = "keeper")]
public sealed class KeeperHandler
{
    [Message]
    public string Tell(string text, UpgradeConnection connection) => $"keeper {connection.User.Identity?.Name}: {text}";
}

/// <summary>A raw protocol of lines.</summary>
[UpgradeProtocol("upper/1", Kind = UpgradeKind.Raw, Path = "/upper", Framing = typeof(LineFraming), Format = typeof(RawMessageFormat))]
public sealed class UpperHandler
{
    [Message]
    public string Upper(string line) => line.ToUpperInvariant();
}

[ClientContract]
public interface IRoomEvents
{
    [Message("said")]
    ValueTask SaidAsync(Said said);
}

public sealed record Say(string Text);

public sealed record Said(string Text);

public sealed record Where(string Room, string? Name, string? Protocol, string Http, string? User);

public sealed record Size(int Length);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Say)), JsonSerializable(typeof(Said)), JsonSerializable(typeof(Where)), JsonSerializable(typeof(Size)), JsonSerializable(typeof(int))]
public sealed partial class RoomJson : JsonSerializerContext;

/// <summary>The events of the handlers, by room, in order.</summary>
public sealed class RoomLog
{
    private readonly ConcurrentDictionary<string, Channel<string>> _rooms = new();

    public void Add(string room, string entry) => Room(room).Writer.TryWrite(entry);

    public async Task<string> NextAsync(string room)
    {
        using var patience = new CancellationTokenSource(Patience.Limit);
        return await Room(room).Reader.ReadAsync(patience.Token);
    }

    private Channel<string> Room(string room) => _rooms.GetOrAdd(room, static _ => Channel.CreateUnbounded<string>());
}

/// <summary>A service of one connection.</summary>
public sealed class RoomScope : IDisposable
{
    public bool IsDisposed { get; private set; }

    public void Dispose() => IsDisposed = true;
}

/// <summary>A requirement that takes its time.</summary>
public sealed class SlowRequirement : AuthorizationHandler<SlowRequirement>, IAuthorizationRequirement
{
    protected override async Task HandleRequirementAsync(AuthorizationHandlerContext context, SlowRequirement requirement)
    {
        await Task.Yield();
        if (context.User.IsInRole("keeper"))
        {
            context.Succeed(requirement);
        }
    }
}
