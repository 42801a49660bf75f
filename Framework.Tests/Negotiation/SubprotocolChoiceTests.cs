using System.Collections.ObjectModel;
using System.Text;
using UpgradeProtocols.Tests.Http;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols.Tests.Negotiation;

/// <summary>Tests of the choice among many subprotocols, and of its allocations.</summary>
public class SubprotocolChoiceTests
{
    private static readonly ProtocolRoute[] Hundred = [.. Enumerable.Range(1, 100).Select(i => Route($"chat.v{i}"))];

    [Theory, Trait("rule", "S4")]
    [InlineData("chat.v1", "chat.v1")]
    [InlineData("chat.v100", "chat.v100")]
    [InlineData("chat.v0, chat.v101, chat.v50, chat.v1", "chat.v50")]
    [InlineData("chat.v1000-longer-than-any-that-is-declared, chat.v7", "chat.v7")]
    [InlineData("c, chat.v, chat.v8", "chat.v8")]
    public void The_first_declared_subprotocol_in_the_clients_order_is_chosen(string asked, string chosen) =>
        Assert.Equal(chosen, Assert.IsType<Decision.Upgraded>(Decide(Hundred, asked)).Subprotocol);

    [Theory, Trait("rule", "S5")]
    [InlineData("chat.v0")]
    [InlineData("CHAT.V1")]
    [InlineData("chat.v")]
    [InlineData("chat.v1000-longer-than-any-that-is-declared")]
    public void An_undeclared_subprotocol_is_refused(string asked) =>
        Assert.Contains("none of the requested subprotocols", TextOf(Decide(Hundred, asked)), StringComparison.Ordinal);

    [Theory, Trait("rule", "S4")]
    [InlineData("chat.v1, chat.v\u00e9")]
    [InlineData("chat.\u00b51")]
    [InlineData("chat.v1, \"open")]
    [InlineData("\"open")]
    [InlineData("chat.v2, chat.v1, chat.v3, chat.v1")]
    public void A_list_of_anything_but_different_tokens_is_refused(string asked) =>
        Assert.Contains("a list of different tokens", TextOf(Decide(Hundred, asked)), StringComparison.Ordinal);

    [Fact, Trait("rule", "S4")]
    public void The_first_of_two_protocols_with_the_same_name_is_chosen()
    {
        ProtocolRoute[] routes = [Route("other"), Route("same"), Route("same")];

        Assert.Same(routes[1], Assert.IsType<Decision.Upgraded>(Decide(routes, "same")).Route);
    }

    [Fact, Trait("rule", "S5")]
    public void A_path_whose_protocol_has_no_name_refuses_every_subprotocol()
    {
        ProtocolRoute[] routes = [Route(null)];

        Assert.Same(routes[0], Assert.IsType<Decision.Upgraded>(Decide(routes, null)).Route);
        Assert.Contains("no named subprotocols", TextOf(Decide(routes, "chat.v1")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("chat.v1")]
    [InlineData("chat.v100")]
    public void Deciding_allocates_only_the_decision(string asked)
    {
        var (negotiator, request) = (Negotiator(Hundred), Request(asked));
        negotiator.Decide(request, hasRegular: false);

        var start = GC.GetAllocatedBytesForCurrentThread();
        var decision = negotiator.Decide(request, hasRegular: false);
        var decided = GC.GetAllocatedBytesForCurrentThread();
        var same = new Decision.Upgraded(
            Hundred[0], "websocket", ReadOnlyDictionary<string, string>.Empty, new string('x', WebSocketKey.AcceptLength), asked);
        var made = GC.GetAllocatedBytesForCurrentThread();

        Assert.Equal(made - decided, decided - start);
        Assert.Equal(same.Subprotocol, Assert.IsType<Decision.Upgraded>(decision).Subprotocol);
    }

    private static ProtocolRoute Route(string? name) => new() { Path = "/chat", Name = name };

    private static Decision Decide(ProtocolRoute[] routes, string? asked) => Negotiator(routes).Decide(Request(asked), hasRegular: false);

    private static Negotiator Negotiator(ProtocolRoute[] routes) =>
        new(new NegotiationTable(routes), new OriginPolicy(compareScheme: false, []));

    private static UpgradeRequest Request(string? asked) => Heads.Accept(
        "GET /chat HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        + $"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{(asked is null ? "" : $"Sec-WebSocket-Protocol: {asked}\r\n")}\r\n");

    private static string TextOf(Decision decision) => Encoding.UTF8.GetString(Assert.IsType<Decision.Refused>(decision).Response.Body.Span);
}
