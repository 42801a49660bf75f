namespace Mistakes;

public interface IStore;

public record Say(string Text);

[UpgradeProtocol("methods", Path = "/m", JsonContext = typeof(MistakesJson))]
public sealed class Methods(System.Data.IDbConnection database)
{
    private int _count;

    [Message("observable")] public IObservable<Say> Observable() => throw new NotSupportedException();
    [Message("interface")] public void Interface(Say say, IStore store) { }
    [Message("twice")] public void Once() { }
    [Message("twice")] public void Twice() { }
    [Message("async-void")] public async void AsyncVoid() => await Task.Yield();
    [Message("private")] private void Private() { }
    [Message("out")] public void Out(out Say say) => say = new("");
    [Message("stream")] public IAsyncEnumerable<Say> Stream() => throw new NotSupportedException();
    [Message("blocking")] public void Blocking() => Task.Delay(1).Wait();
    [Message("sleep")] public void Sleep() => Thread.Sleep(1);
    [Message(7)] public void Tag() { }
    [Message("version", Versions = ["method"])] public void Version() { }
    [Message("token")] public async IAsyncEnumerable<Say> Token(CancellationToken ct) { await Task.Delay(1, ct); yield return new(""); }
    [Message("concurrent", Concurrent = true)] public int Concurrent() => ++_count + database.ConnectionTimeout;
    [Message("endless")] public async Task Endless(CancellationToken ct) { while (true) { await Task.Delay(1, ct); } }
    [OnConnected] public int Connected() => 1;
    [OnDisconnected] public void Disconnected() { }
    [OnDisconnected] public void DisconnectedToo() { }
}

public class NoHandler
{
    [Message("stray")] public void Stray() { }
}

[UpgradeProtocol("bytes", Path = "/bytes", Format = typeof(RawMessageFormat))]
public sealed class Bytes
{
    private readonly List<ReadOnlyMemory<byte>> _parts = [];

    [Message] public void Part(ReadOnlyMemory<byte> bytes) => _parts.Add(bytes);
    [Message] public async IAsyncEnumerable<string> Text(string text, [EnumeratorCancellation] CancellationToken ct) { await Task.Delay(1, ct); yield return text; }
}
