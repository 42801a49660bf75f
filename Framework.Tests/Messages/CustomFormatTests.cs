using System.Text;
using System.Threading.RateLimiting;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Messages;

/// <summary>
/// The abilities of a custom format: several messages in a frame, close codes of its own, unique ids, and the failed message's tag (U6).
/// </summary>
public class CustomFormatTests
{
    private readonly TestLife _life = new();
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Theory, Trait("rule", "U6")]
    [InlineData("1 a;2 b;3 c;")]
    [InlineData("1 a;2 b;3 c")]
    public async Task A_frame_holds_several_messages_and_each_is_answered(string frame)
    {
        await using var server = Server();
        var client = await server.OpenAsync();

        await client.TextAsync(frame);

        Assert.Equal(["1 a", "2 b", "3 c"], [await client.TextAsync(), await client.TextAsync(), await client.TextAsync()]);
    }

    [Fact, Trait("rule", "U6")]
    public async Task The_messages_of_a_frame_wait_behind_one_that_is_handled()
    {
        await using var server = Server();
        var client = await server.OpenAsync();

        await client.TextAsync("1 hold;2 b;3 c;");
        await client.TextAsync("4 d;");
        _release.SetResult();

        Assert.Equal(
            ["1 hold", "2 b", "3 c", "4 d"],
            [await client.TextAsync(), await client.TextAsync(), await client.TextAsync(), await client.TextAsync()]);
    }

    [Fact, Trait("rule", "U6")]
    public async Task Each_message_of_a_frame_counts_for_the_rate_limit()
    {
        await using var server = Server(options => options.MessageRateLimiter = _ => new TokenBucketRateLimiter(new()
        {
            TokenLimit = 2,
            TokensPerPeriod = 1,
            ReplenishmentPeriod = TimeSpan.FromHours(1),
            AutoReplenishment = false,
        }));
        var client = await server.OpenAsync();

        await client.TextAsync("1 a;2 b;3 c;");

        Assert.Equal(1008, (await client.UntilCloseAsync()).Code);
    }

    [Fact, Trait("rule", "U6")]
    public async Task A_message_that_cannot_be_read_closes_with_the_code_of_the_format()
    {
        await using var server = Server();
        var client = await server.OpenAsync();

        await client.TextAsync("1 a;nonsense;");

        var close = await client.UntilCloseAsync();
        Assert.Equal((4400, "No number: nonsense"), (close.Code, close.Reason));
    }

    [Fact, Trait("rule", "U6")]
    public async Task A_repeated_id_closes_with_the_code_of_the_format()
    {
        await using var server = Server();
        var client = await server.OpenAsync();

        await client.TextAsync("7 concurrent;7 b;");

        var close = await client.UntilCloseAsync();
        Assert.Equal((4409, "Subscriber for 7 already exists"), (close.Code, close.Reason));
        _release.SetResult();
    }

    [Theory, Trait("rule", "U6")]
    [InlineData("a")]
    [InlineData("late")]
    [InlineData("fail")]
    public async Task An_id_is_free_when_its_call_has_ended(string name)
    {
        await using var server = Server();
        var client = await server.OpenAsync();
        for (var i = 0; i < 3; i++)
        {
            await client.TextAsync($"7 {name};");
            Assert.StartsWith("7 ", await client.TextAsync(), StringComparison.Ordinal);
        }
    }

    [Fact, Trait("rule", "U6")]
    public async Task An_unknown_message_closes_with_the_code_of_the_format()
    {
        await using var server = Server();
        var client = await server.OpenAsync();

        await client.TextAsync("7 unheard;");

        Assert.Equal(4404, (await client.UntilCloseAsync()).Code);
    }

    [Fact, Trait("rule", "U6")]
    public async Task An_error_has_the_tag_of_its_message()
    {
        await using var server = Server();
        var client = await server.OpenAsync();

        await client.TextAsync("7 fail;");

        Assert.Equal("7 error 4 no", await client.TextAsync());
    }

    [Fact, Trait("rule", "U6")]
    public async Task A_close_code_that_no_close_can_carry_is_a_failure_of_the_format()
    {
        await using var server = Server();
        var client = await server.OpenAsync();

        await client.TextAsync("7 forbidden;");

        Assert.Equal(1011, (await client.UntilCloseAsync()).Code);
        Assert.Contains(server.Logs.AboveDebug, entry => entry.Exception?.Message.Contains("closes with 1005", StringComparison.Ordinal) == true);
    }

    private TestServer Server(Action<UpgradeOptions>? options = null) => new(
        builder => builder.AddProtocol(new ProtocolEntry
        {
            Path = "/",
            IsDefault = true,
            HandlerType = typeof(TestHandler),
            Codec = TestProtocol.Codec,
            Dispatcher = new TestDispatcher<NumberFormat>(default, _life, Dispatch),
        }),
        options: options);

    private ValueTask Dispatch(TestHandler handler, ref MessageCall<NumberFormat> call)
    {
        var name = Encoding.UTF8.GetString(call.Name);
        return name switch
        {
            "hold" => call.Reply(HoldAsync(name), TextPayload.Instance),
            "concurrent" => call.Detach(call.Reply(HoldAsync(name), TextPayload.Instance)),
            "late" => call.Reply(LateAsync(name), TextPayload.Instance),
            "fail" => call.Reply(ValueTask.FromException<string>(new MessageException("no", "No.")), TextPayload.Instance),
            "forbidden" => call.Reply(ValueTask.FromException<string>(new MessageException("bad close", "No.")), TextPayload.Instance),
            "unheard" => call.Unknown(),
            _ => call.Reply(name, TextPayload.Instance),
        };
    }

    private async ValueTask<string> HoldAsync(string name)
    {
        await _release.Task;
        return name;
    }

    private static async ValueTask<string> LateAsync(string name)
    {
        await Task.Yield();
        return name;
    }

    /// <summary>Records of an id and a name, each ended by a semicolon.</summary>
    [MessageFormat(MessageFormatFeatures.Names | MessageFormatFeatures.Replies | MessageFormatFeatures.PlainPayloads)]
    private readonly struct NumberFormat : IMessageFormat
    {
        public static bool IdsAreUnique => true;

        public MessageKind Kind => MessageKind.Text;

        public static int FirstMessageLength(ReadOnlySpan<byte> frame) => frame.IndexOf((byte)';') + 1 is > 0 and var length ? length : frame.Length;

        public static MessageClose? CloseFor(ReadOnlySpan<byte> id, in MessageError failure) => failure.Kind switch
        {
            MessageErrorKind.InvalidMessage => new(4400, failure.Message),
            MessageErrorKind.InvalidId => new(4409, $"Subscriber for {Encoding.UTF8.GetString(id)} already exists"),
            MessageErrorKind.UnknownMessage => new(4404, failure.Message),
            MessageErrorKind.Application when failure.Code == "bad close" => new(1005, ""),
            _ => null,
        };

        public bool TryRead(ReadOnlySpan<byte> message, ref MessageEnvelope envelope)
        {
            message = message.TrimEnd((byte)';');
            var space = message.IndexOf((byte)' ');
            if (space < 0)
            {
                envelope.Problem = $"No number: {Encoding.UTF8.GetString(message)}";
                return false;
            }

            envelope.Id = message[..space];
            envelope.Name = message[(space + 1)..];
            envelope.Tag = envelope.Name.Length;
            return true;
        }

        public void WriteStart(MessageWriter output, in MessageHeader header)
        {
            output.Write(header.Id);
            output.WriteByte((byte)' ');
        }

        public void WriteNoPayload(MessageWriter output)
        {
        }

        public void WriteEnd(MessageWriter output, in MessageHeader header)
        {
        }

        public bool WriteError(MessageWriter output, ReadOnlySpan<byte> id, in MessageError failure)
        {
            output.Write(id);
            output.Write(Encoding.UTF8.GetBytes($" error {failure.Tag} {failure.Code}"));
            return true;
        }
    }
}
