using Chat;

// A chat for people: open http://localhost:5080 in two tabs. Another address: --urls http://localhost:8080.
var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddSingleton<Rooms>();
builder.Services.AddUpgradeProtocols()
    .Listen("http://localhost:5080")
    .MapGet("/", _ => Page.Response);
await builder.Build().RunAsync();
