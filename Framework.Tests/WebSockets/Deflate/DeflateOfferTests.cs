namespace UpgradeProtocols.Tests.WebSockets;

public class DeflateOfferTests
{
    private static readonly DeflateOptions Options = new();

    [Theory, Trait("rule", "D1"), Trait("rule", "D2")]
    [InlineData("permessage-deflate", "permessage-deflate")]
    [InlineData("permessage-deflate; client_max_window_bits", "permessage-deflate")]
    [InlineData("permessage-deflate; client_max_window_bits=10", "permessage-deflate; client_max_window_bits=10")]
    [InlineData("permessage-deflate; client_max_window_bits=\"10\"", "permessage-deflate; client_max_window_bits=10")]
    [InlineData("permessage-deflate ;\tclient_max_window_bits = \"1\\0\" ", "permessage-deflate; client_max_window_bits=10")]
    [InlineData("permessage-deflate; client_max_window_bits=8", "permessage-deflate; client_max_window_bits=8")]
    [InlineData("permessage-deflate; server_max_window_bits=15", "permessage-deflate; server_max_window_bits=15")]
    [InlineData(
        "permessage-deflate; server_max_window_bits=9", "permessage-deflate; server_no_context_takeover; server_max_window_bits=9")]
    [InlineData(
        "permessage-deflate; server_max_window_bits=8; client_max_window_bits",
        "permessage-deflate; server_no_context_takeover; server_max_window_bits=8")]
    [InlineData("permessage-deflate; server_no_context_takeover", "permessage-deflate; server_no_context_takeover")]
    [InlineData("permessage-deflate; client_no_context_takeover", "permessage-deflate; client_no_context_takeover")]
    [InlineData(
        "permessage-deflate; client_max_window_bits=12; client_no_context_takeover; server_max_window_bits=11; server_no_context_takeover",
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=11; client_max_window_bits=12")]
    public void Accepts(string offer, string answer)
    {
        Assert.Equal(answer, DeflateOffer.Negotiate([offer], Options, out var malformed)?.ToHeaderValue());
        Assert.False(malformed);
    }

    [Theory, Trait("rule", "D1")]
    [InlineData("permessage-deflate; magic=1"), InlineData("permessage-deflate; magic")]
    [InlineData("permessage-deflate; server_no_context_takeover; server_no_context_takeover")]
    [InlineData("permessage-deflate; client_no_context_takeover; client_no_context_takeover")]
    [InlineData("permessage-deflate; server_max_window_bits=10; server_max_window_bits=10")]
    [InlineData("permessage-deflate; client_max_window_bits; client_max_window_bits=10")]
    [InlineData("permessage-deflate; server_no_context_takeover=1"), InlineData("permessage-deflate; client_no_context_takeover=true")]
    [InlineData("permessage-deflate; server_max_window_bits")]
    [InlineData("permessage-deflate; server_max_window_bits=7"), InlineData("permessage-deflate; server_max_window_bits=16")]
    [InlineData("permessage-deflate; server_max_window_bits=08"), InlineData("permessage-deflate; server_max_window_bits=010")]
    [InlineData("permessage-deflate; server_max_window_bits=1"), InlineData("permessage-deflate; server_max_window_bits=10x")]
    [InlineData("permessage-deflate; client_max_window_bits=7"), InlineData("permessage-deflate; client_max_window_bits=16")]
    [InlineData("permessage-deflate; client_max_window_bits=+9"), InlineData("permessage-deflate; Server_no_context_takeover")]
    public void Declines_and_tries_the_next(string offer)
    {
        Assert.Null(DeflateOffer.Negotiate([offer], Options, out var malformed));
        Assert.False(malformed);

        var answer = DeflateOffer.Negotiate([offer, "other", "permessage-deflate; client_no_context_takeover", "permessage-deflate"], Options, out _);
        Assert.Equal("permessage-deflate; client_no_context_takeover", answer?.ToHeaderValue());
    }

    [Fact, Trait("rule", "D1")]
    public void Without_an_acceptable_offer_there_is_no_extension()
    {
        Assert.Null(DeflateOffer.Negotiate([], Options, out _));
        Assert.Null(DeflateOffer.Negotiate(["x-webkit-deflate-frame", "mux; a=b; c"], Options, out var malformed));
        Assert.False(malformed);
        Assert.Null(DeflateOffer.Negotiate(["permessage-deflate"], options: null, out _));
    }

    [Theory, Trait("rule", "S6")]
    [InlineData(";"), InlineData("; a"), InlineData("a;"), InlineData("a; ;b"), InlineData("a b"), InlineData("a; b="), InlineData("a; =b")]
    [InlineData("a; b=\"c"), InlineData("a; b=\"\""), InlineData("a; b=\"c d\""), InlineData("a; b=\"c\"d"), InlineData("a; b=\"c\\"), InlineData("a=b")]
    [InlineData("a; b c"), InlineData("\"a\""), InlineData("")]
    public void A_malformed_member_is_reported_in_every_position(string member)
    {
        Assert.Null(DeflateOffer.Negotiate([member], options: null, out var malformed));
        Assert.True(malformed);
        Assert.Null(DeflateOffer.Negotiate(["permessage-deflate", member], Options, out malformed));
        Assert.True(malformed);
    }

    [Fact, Trait("rule", "D2")]
    public void A_smaller_client_window_is_requested_only_if_it_is_offered()
    {
        var small = Options with { ClientMaxWindowBits = 11 };

        Assert.Equal("permessage-deflate", Answer("permessage-deflate", small));
        Assert.Equal("permessage-deflate; client_max_window_bits=11", Answer("permessage-deflate; client_max_window_bits", small));
        Assert.Equal("permessage-deflate; client_max_window_bits=11", Answer("permessage-deflate; client_max_window_bits=13", small));
        Assert.Equal("permessage-deflate; client_max_window_bits=9", Answer("permessage-deflate; client_max_window_bits=9", small));
    }

    [Fact, Trait("rule", "D5")]
    public void Takeover_is_declined_if_it_is_off_or_the_limit_is_reached()
    {
        const string NoTakeover = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
        var limit = new DeflateContextLimit(1);

        Assert.Equal(NoTakeover, Answer("permessage-deflate", Options with { ContextTakeover = false }));
        Assert.Equal("permessage-deflate", Answer("permessage-deflate", Options with { ContextLimit = limit }));
        Assert.True(limit.TryEnter());
        Assert.Equal(NoTakeover, Answer("permessage-deflate", Options with { ContextLimit = limit }));
        limit.Exit();
        Assert.Equal("permessage-deflate", Answer("permessage-deflate", Options with { ContextLimit = limit }));
    }

    private static string? Answer(string offer, DeflateOptions options) => DeflateOffer.Negotiate([offer], options, out _)?.ToHeaderValue();
}
