using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace UpgradeProtocols.Tests.Generators;

/// <summary>The work of generated code for each message: calls, and nothing more expensive than a call.</summary>
public class MessagePathTests
{
    private static readonly Dictionary<ushort, OpCode> s_codes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => unchecked((ushort)code.Value));

    [Fact]
    public void A_message_needs_no_boxing_delegate_or_generic_virtual_call()
    {
        var run = GeneratorHost.RunClean("""
            public record Join(string Room);
            public record struct Point(int X, int Y);
            public interface IStore;

            [ClientContract]
            public interface IEvents
            {
                [Message("moved")] ValueTask MovedAsync(Point point);
                [Message("told")] ValueTask<SendResult> ToldAsync(string text, CancellationToken cancellationToken);
                [Message("ask")] ValueTask<int> AskAsync(Point point);
                [Message("bytes")] ValueTask BytesAsync(ReadOnlyMemory<byte> bytes);
            }

            [UpgradeProtocol("v2", Path = "/{id}", Client = typeof(IEvents))]
            [UpgradeProtocol("v1", Path = "/{id}", Client = typeof(IEvents), Format = typeof(FlatJsonMessageFormat))]
            public class Handler
            {
                [Message("join")] public ValueTask<Join> JoinAsync(Join join, UpgradeConnection connection, CancellationToken ct) => new(join);
                [Message("move")] public Point Move(Point point, [FromRoute] int id, [FromQuery] int? limit) => point;
                [Message("many")] public IAsyncEnumerable<Point> Many(Point? point, CancellationToken ct) => null!;
                [Message("name")] public string? Name() => null;
                [Message("serve", Concurrent = true)] public Task ServeAsync([FromServices] IStore store, [FromKeyedServices("k")] IStore keyed) => Task.CompletedTask;
                [Message("span")] public void Span(ReadOnlySpan<byte> bytes) { }
                [Message("sent")] public ValueTask<SendResult> Sent(ReadOnlyMemory<byte> bytes) => default;
                [AnyMessage] public void Other(MessageKind kind) { }
            }

            [UpgradeProtocol("raw")]
            public class Raw
            {
                [Message] public string Text(string text) => text;
                [Message] public byte[] Bytes(byte[] bytes) => bytes;
            }
            """);
        using var assembly = new MemoryStream();
        Assert.True(run.Output.Emit(assembly, cancellationToken: TestContext.Current.CancellationToken).Success);
        assembly.Position = 0;
        using var file = new PEReader(assembly);
        var metadata = file.GetMetadataReader();
        var names = new List<string>();
        foreach (var handle in metadata.MethodDefinitions)
        {
            var method = metadata.GetMethodDefinition(handle);
            var name = metadata.GetString(method.Name);
            if (!IsOnThePath(metadata, method, name))
            {
                continue;
            }

            names.Add(name);
            foreach (var (code, token) in Decode(file.GetMethodBody(method.RelativeVirtualAddress).GetILBytes()!))
            {
                Assert.False(code == OpCodes.Box, $"{name} boxes.");
                Assert.False(code == OpCodes.Ldftn || code == OpCodes.Ldvirtftn, $"{name} makes a delegate.");
                Assert.False(code == OpCodes.Newarr, $"{name} makes an array.");
                Assert.False(code == OpCodes.Callvirt && token >> 24 == 0x2B, $"{name} calls a generic method virtually.");
            }
        }

        Assert.Superset(
            new HashSet<string> { "DispatchAsync", "JoinAsync", "Move", "Many", "Name", "ServeAsync", "Span", "Sent", "Other", "Text", "Bytes" },
            names.ToHashSet());
        Assert.Contains(names, name => name.EndsWith("IEvents.MovedAsync", StringComparison.Ordinal));
    }

    // Generated types have their own namespace. Code that runs once for a connection or the program is not on the path of a message.
    private static bool IsOnThePath(MetadataReader metadata, MethodDefinition method, string name)
    {
        var type = metadata.GetTypeDefinition(method.GetDeclaringType());
        var isNested = !type.GetDeclaringType().IsNil;
        var outer = isNested ? metadata.GetTypeDefinition(type.GetDeclaringType()) : type;
        return metadata.GetString(outer.Namespace) == "UpgradeProtocols.Generated"
            && !metadata.GetString(outer.Name).EndsWith("_Module", StringComparison.Ordinal)
            && name is not (".ctor" or ".cctor" or "Create" or "CreateHandler" or "Reflected" or "CheckRequest" or "get_PayloadTypes");
    }

    private static IEnumerable<(OpCode Code, uint Token)> Decode(byte[] body)
    {
        for (var at = 0; at < body.Length;)
        {
            var code = s_codes[body[at] == 0xFE ? (ushort)(0xFE00 | body[at + 1]) : body[at]];
            at += code.Size;
            yield return (code, code.OperandType is OperandType.InlineMethod ? BitConverter.ToUInt32(body, at) : 0);
            at += code.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(body, at)),
                _ => 4,
            };
        }
    }
}
