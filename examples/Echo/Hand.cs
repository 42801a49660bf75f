using System.IO.Pipelines;
using UpgradeProtocols.Runtime;
namespace Echo
{
internal sealed class D1() : MessageDispatcher<RawMessageFormat>(new())
{
    public override object CreateHandler(IServiceProvider services) => new EchoHandler();
    public override ValueTask DispatchAsync(object handler, ref MessageCall<RawMessageFormat> call) => call.Done(((EchoHandler)handler).EchoAsync(call.Payload, call.Kind, call.Connection));
}
internal sealed class D2() : MessageDispatcher<RawMessageFormat>(new())
{
    public override object CreateHandler(IServiceProvider services) => new VersionsHandler();
    public override ValueTask DispatchAsync(object handler, ref MessageCall<RawMessageFormat> call) => call.Kind == MessageKind.Text && call.TryRead(TextPayload.Instance, out var t) ? call.Reply(((VersionsHandler)handler).Tell(t, call.Connection), TextPayload.Instance) : call.WrongKind();
}
internal sealed class D3 : PipeDispatcher
{
    public override object CreateHandler(IServiceProvider services) => new BytesHandler();
    public override async ValueTask RunAsync(object handler, UpgradeConnection connection, IDuplexPipe pipe) => await ((BytesHandler)handler).RunAsync(pipe, connection.Request, connection.Closed);
}
internal sealed class D4() : FramedMessageDispatcher<RawMessageFormat, LineFraming>(new(), new())
{
    public override object CreateHandler(IServiceProvider services) => new LinesHandler();
    public override ValueTask DispatchAsync(object handler, ref MessageCall<RawMessageFormat> call) => call.TryRead(TextPayload.Instance, out var t) ? call.Reply(((LinesHandler)handler).Upper(t), TextPayload.Instance) : default;
}
}
namespace Microsoft.Extensions.DependencyInjection
{
internal static class X { public static UpgradeProtocolsBuilder AddUpgradeProtocols(this IServiceCollection s) { var b = new UpgradeProtocolsBuilder(s);
  const int M = 16*1024*1024;
  b.AddProtocol(new(){Path="/echo", IsDefault=true, MaxMessageSize=M, AllowedOrigins=["*"], HandlerType=typeof(Echo.EchoHandler), Dispatcher=new Echo.D1()});
  b.AddProtocol(new(){Path="/echo", Name="echo.v1", MaxMessageSize=M, AllowedOrigins=["*"], HandlerType=typeof(Echo.EchoHandler), Dispatcher=new Echo.D1()});
  b.AddProtocol(new(){Path="/both", IsDefault=true, MaxMessageSize=M, HandlerType=typeof(Echo.EchoHandler), Dispatcher=new Echo.D1()});
  b.AddProtocol(new(){Path="/small", IsDefault=true, MaxMessageSize=1024, HandlerType=typeof(Echo.EchoHandler), Dispatcher=new Echo.D1()});
  b.AddProtocol(new(){Path="/versions", Name="chat.v2", HandlerType=typeof(Echo.VersionsHandler), Dispatcher=new Echo.D2()});
  b.AddProtocol(new(){Path="/versions", Name="chat.v1", HandlerType=typeof(Echo.VersionsHandler), Dispatcher=new Echo.D2()});
  b.AddProtocol(new(){Path="/raw", Name="example/1", Kind=UpgradeKind.Raw, Methods=["GET","POST"], HandlerType=typeof(Echo.BytesHandler), Dispatcher=new Echo.D3()});
  b.AddProtocol(new(){Path="/raw", Name="lines/1", Kind=UpgradeKind.Raw, HandlerType=typeof(Echo.LinesHandler), Dispatcher=new Echo.D4()});
  return b; } }
}
