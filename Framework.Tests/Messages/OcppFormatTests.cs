using System.Text;
using Ocpp;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Messages;

/// <summary>A custom format: the format of examples/Ocpp.</summary>
public class OcppFormatTests
{
    private const string Shape = """A message is [2,\"id\",\"Action\",{…}]""";

    [Theory]
    [InlineData("""[2,"7","double",{"number":21}]""", """[3,"7",{"number":42}]""")]
    [InlineData(""" [ 2 , "7" , "double" , { "number" : 21 } ] """, """[3,"7",{"number":42}]""")]
    [InlineData("""[2,"\u0037\"","d\u006fuble",{"number":1}]""", """[3,"\u0037\"",{"number":2}]""")]
    [InlineData("""[2,"123456789012345678901234567890123456","nothing",{}]""", """[3,"123456789012345678901234567890123456",{}]""")]
    [InlineData("""[2,"","nothing",{}]""", """[3,"",{}]""")]
    public async Task A_call_is_answered_by_its_result(string call, string answer) => Assert.Equal(answer, await AnswerAsync(call));

    [Theory]
    [InlineData("""[2,"7","Unknown",{}]""", "7", "NotImplemented")]
    [InlineData("""[2,"7","Double",{}]""", "7", "NotImplemented")]
    [InlineData("""[2,"7","double",{"number":"x"}]""", "7", "FormationViolation")]
    [InlineData("""[2,"7","double",{"number":[]}]""", "7", "FormationViolation")]
    [InlineData("""[2,"7","double",[]]""", "7", "FormationViolation")]
    [InlineData("""[2,"7","double",null]""", "7", "FormationViolation")]
    [InlineData("""[2,"7","double"]""", "7", "FormationViolation")]
    [InlineData("""[2,"7",5,{}]""", "7", "FormationViolation")]
    [InlineData("""[2,"7","double",{"number":1},1]""", "7", "FormationViolation")]
    [InlineData("""[2,"7","double",{"number":1}""", "7", "FormationViolation")]
    [InlineData("""[2,"7","double",{"number":1}]]""", "7", "FormationViolation")]
    [InlineData("""[2,"7","\ud800",{}]""", "7", "FormationViolation")]
    [InlineData("""[2,7,"double",{"number":1}]""", "-1", "FormationViolation")]
    [InlineData("""[2,"1234567890123456789012345678901234567","double",{"number":1}]""", "-1", "FormationViolation")]
    [InlineData("""["2","7","double",{}]""", "-1", "FormationViolation")]
    [InlineData("""[2.5,"7","double",{}]""", "-1", "FormationViolation")]
    [InlineData("""[99999999999,"7","double",{}]""", "-1", "FormationViolation")]
    [InlineData("""[2]""", "-1", "FormationViolation")]
    [InlineData("""[]""", "-1", "FormationViolation")]
    [InlineData("""{"type":"double"}""", "-1", "FormationViolation")]
    [InlineData("double", "-1", "FormationViolation")]
    [InlineData("", "-1", "FormationViolation")]
    [InlineData("""[2,"7","refuse",{}]""", "7", "PropertyConstraintViolation")]
    [InlineData("""[2,"7","fail",{}]""", "7", "InternalError")]
    public async Task An_invalid_message_is_answered_with_an_error_with_an_OCPP_code(string message, string id, string code) =>
        Assert.StartsWith($"[4,\"{id}\",\"{code}\",\"", await AnswerAsync(message), StringComparison.Ordinal);

    [Fact]
    public async Task An_error_has_a_description_and_the_data_of_the_handler()
    {
        Assert.StartsWith($"[4,\"-1\",\"FormationViolation\",\"{Shape}", await AnswerAsync("?"), StringComparison.Ordinal);
        Assert.Equal("""[4,"7","PropertyConstraintViolation","a \"quoted\" text",[1,2]]""", await AnswerAsync("""[2,"7","refuse",{}]"""));
    }

    [Theory]
    [InlineData("""[5,"7","whatever"]""")]
    [InlineData("""[0]""")]
    [InlineData("""[-1,{}]""")]
    [InlineData("""[3,"7",{}]""")]
    [InlineData("""[3,"\"7",{}]""")]
    [InlineData("""[4,"7","GenericError","nobody asked",{}]""")]
    public async Task Unexpected_replies_and_message_types_of_later_versions_are_ignored(string message)
    {
        await using var server = Server();
        var client = await server.OpenAsync();

        await client.TextAsync(message);

        await client.TextAsync("""[2,"8","nothing",{}]""");
        Assert.Equal("""[3,"8",{}]""", await client.TextAsync());
    }

    [Fact]
    public void A_push_is_refused_at_the_sender()
    {
        var output = MessageWriter.Rent();
        Assert.Throws<InvalidOperationException>(() => new OcppMessageFormat().WriteStart(output, new MessageHeader { Kind = EnvelopeKind.Call, Name = "Push"u8 }));
        output.Return();
    }

    [Fact]
    public void The_example_is_shorter_than_80_lines()
    {
        var file = EndToEnd.Programs.TestFile("../../examples/Ocpp/OcppMessageFormat.cs");
        Assert.InRange(File.ReadAllLines(file).Count(line => !line.StartsWith("using ", StringComparison.Ordinal)), 1, 79);
    }

    private static async Task<string> AnswerAsync(string message)
    {
        await using var server = Server();
        var client = await server.OpenAsync();
        await client.TextAsync(message);
        return await client.TextAsync();
    }

    private static TestServer Server() => new(builder => builder.AddProtocol(new ProtocolEntry
    {
        Path = "/",
        IsDefault = true,
        HandlerType = typeof(TestHandler),
        Dispatcher = new TestDispatcher<OcppMessageFormat>(new OcppMessageFormat(), new TestLife(), Dispatch),
        Codec = TestProtocol.Codec,
    }));

    private static ValueTask Dispatch(TestHandler handler, ref MessageCall<OcppMessageFormat> call)
    {
        switch (Encoding.UTF8.GetString(call.Name))
        {
            case "double":
                return call.TryRead(s_numbers, out var payload) ? call.Reply(new Payload(payload.Number * 2), s_numbers) : default;
            case "nothing":
                return call.Done();
            case "refuse":
                throw new MessageException("PropertyConstraintViolation", "a \"quoted\" text", new[] { 1, 2 });
            case "fail":
                throw new InvalidOperationException("secret");
            default:
                return call.Unknown();
        }
    }

    private static readonly PayloadSerializer<Payload> s_numbers = TestProtocol.Codec.GetSerializer<Payload>();

    private sealed record Payload(int Number);
}
