// A server for protocol tests: every path does one small thing. Run it with --urls http://127.0.0.1:5081.
var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddUpgradeProtocols()
    .Listen("http://localhost:5081")
    .Configure(options => options.Compression.MinimumSize = 0)
    .MapGet("/", _ => RegularResponse.Text("hello\n"))
    .MapGet("/both", _ => RegularResponse.Text("regular\n"));
await builder.Build().RunAsync();
