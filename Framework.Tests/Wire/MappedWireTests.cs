using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace UpgradeProtocols.Tests.Wire;

/// <summary>Runs the same cases against endpoints of ASP.NET Core, except those that Kestrel's HTTP server answers.</summary>
public class MappedWireTests(MappedWireServer server) : IClassFixture<MappedWireServer>
{
    public static TheoryData<string> Handshakes => [.. WireCase.All("handshake.jsonl").Where(MappedWireServer.IsOurs).Select(item => item.Id)];

    public static TheoryData<string> Frames => [.. WireCase.All("frames.jsonl").Where(MappedWireServer.IsOurs).Select(item => item.Id)];

    [Theory, MemberData(nameof(Handshakes))]
    [Trait("rule", "N1"), Trait("rule", "N2"), Trait("rule", "N3"), Trait("rule", "N4"), Trait("rule", "N5"), Trait("rule", "N8")]
    [Trait("rule", "S1"), Trait("rule", "S2"), Trait("rule", "S3"), Trait("rule", "S4"), Trait("rule", "S5"), Trait("rule", "S6")]
    [Trait("rule", "S7"), Trait("rule", "S8")]
    public Task The_handshake_matches_the_case(string id) => server.ResultAsync(id);

    [Theory, MemberData(nameof(Frames))]
    [Trait("rule", "W1"), Trait("rule", "W2"), Trait("rule", "W3"), Trait("rule", "W4"), Trait("rule", "W5"), Trait("rule", "W6"), Trait("rule", "W7")]
    [Trait("rule", "D1"), Trait("rule", "D2"), Trait("rule", "D3"), Trait("rule", "D4")]
    public Task The_replies_to_the_frames_match_the_case(string id) => server.ResultAsync(id);
}

/// <summary>The protocols of the wire cases in an ASP.NET Core application.</summary>
public sealed class MappedWireServer : WireServer
{
    // Kestrel does not upgrade requests with a body, and ends both directions at the client's FIN: docs/conformance.md.
    private static readonly string[] s_kestrels = ["N6-body", "N7-expect", "N8-fin"];

    internal static bool IsOurs(WireCase item) => item.Id[0] is not 'H' && !s_kestrels.Contains(item.Id);

    internal override bool Runs(WireCase item) => IsOurs(item);

    protected override IHost Build()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRouting();
        Declare(new UpgradeProtocolsBuilder(builder.Services));
        var app = builder.Build();
        app.MapGet("/", static context => AnswerAsync(context, "hello\n"));
        app.MapGet("/both", static context => AnswerAsync(context, "regular\n"));
        app.MapUpgradeProtocols();
        return app;
    }

    // With a Content-Length: the client of the cases cannot read chunks.
    private static Task AnswerAsync(HttpContext context, string text)
    {
        context.Response.ContentLength = text.Length;
        return context.Response.WriteAsync(text);
    }

    protected override IEnumerable<string> AddressesOf(IHost host) =>
        host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
}
