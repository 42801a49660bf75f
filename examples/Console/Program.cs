// Processes over upgraded connections, with the protocols of Kubernetes and Docker.
//
//   dotnet run --project examples/Console          the server, on http://localhost:5083 (--urls for another address)
//
// /exec                        a shell over a WebSocket, v5.channel.k8s.io: the first byte of a message is its channel.
//
//   const socket = new WebSocket("ws://localhost:5083/exec", "v5.channel.k8s.io"); socket.binaryType = "arraybuffer";
//   socket.onmessage = e => { const [channel, ...bytes] = new Uint8Array(e.data); console.log(channel, new TextDecoder().decode(new Uint8Array(bytes))); };
//   socket.onopen = () => { socket.send(new TextEncoder().encode("\0echo hello\n")); socket.send(new Uint8Array([255, 0])); };
//
// /containers/{id}/attach      one of a few programs over a raw connection, like docker attach. When the client ends its side,
//                              the program's input ends, and the client still receives the output:
//
//   printf 'POST /containers/sort/attach HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nb\na\n' | nc -N localhost 5083
//
// A client that can connect can run any shell command. The server therefore listens only on this machine and rejects foreign
// origins and host names. A client never chooses which executable runs.
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RemoteConsole;

var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddUpgradeProtocols()
    .Listen("http://localhost:5083")
    .Configure(options =>
    {
        options.AllowedHosts.Add("localhost");
        options.AllowedHosts.Add("127.0.0.1");
        options.AllowedHosts.Add("[::1]");
    })
    .MapGet("/", _ => Results.Text($"A shell on /exec ({ExecHandler.Protocol}); POST /containers/{{id}}/attach for {string.Join(", ", Programs.Names)}.\n"));
await builder.Build().RunAsync();
