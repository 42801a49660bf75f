// ASP.NET Core's own WebSockets with hand-written loops.
using Peers;

var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.ClearProviders();
builder.WebHost.UseUrls("http://127.0.0.1:9003");
var app = builder.Build();
app.UseWebSockets();
app.Map("/echo", context => Sockets.RunAsync(context, EchoLoop.RunAsync));
app.Map("/json", context => Sockets.RunAsync(context, JsonLoop.RunAsync));
app.Map("/json-awaiting", context => Sockets.RunAsync(context, JsonLoop.RunAwaitingAsync));
app.Map("/reader", context => Sockets.RunAsync(context, ReaderLoop.RunAsync));
app.Map("/publish", context => Sockets.RunAsync(context, Broadcast.PublishAsync));
app.Map("/subscribe", context => Sockets.RunAsync(context, Broadcast.SubscribeAsync));
await app.RunAsync();
