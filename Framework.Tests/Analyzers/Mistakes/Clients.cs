using Microsoft.AspNetCore.Authorization;

namespace Mistakes;

[ClientContract]
public interface IEvents
{
    [Message("said")] ValueTask SaidAsync(Say said);
    [Message("new", Versions = ["clients.v2"])] ValueTask NewAsync(Say said);
    [Message("old", Versions = ["clients.v0"])] ValueTask OldAsync(Say said);
    [Message("ask")] ValueTask<int> AskAsync(Say question, CancellationToken ct);
}

[ClientContract]
public interface IWrong
{
    [Message("void")] void Void();
    [Message("twice")] ValueTask OnceAsync();
    [Message("twice")] ValueTask TwiceAsync();
    int Property { get; }
}

[ClientContract]
public interface IForgotten
{
    [Message("a")] ValueTask AAsync();
}

[Authorize]
[UpgradeProtocol("clients.v1", Path = "/c", JsonContext = typeof(MistakesJson), Client = typeof(IEvents))]
[UpgradeProtocol("clients.v2", Path = "/c", JsonContext = typeof(MistakesJson), Client = typeof(IEvents))]
public sealed class Clients(IClients<IEvents> clients, IClients<IForgotten> forgotten)
{
    [Message("say")]
    public async Task SayAsync(Say say, CancellationToken ct)
    {
        await clients.All.NewAsync(say);
        await clients.Group("a").AskAsync(say, ct);
        await forgotten.All.AAsync();
    }
}

[UpgradeProtocol("tcp", Path = "/c2", Kind = UpgradeKind.Raw)]
public sealed class Attach { [OnUpgraded] public Task RunAsync(IDuplexPipe pipe) => Task.CompletedTask; }
