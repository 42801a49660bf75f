using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using UpgradeProtocols;

namespace RemoteConsole;

/// <summary>
/// A shell over version 5 of the Kubernetes channel protocol: the first byte of each binary message is its channel, and 255
/// followed by a channel closes that channel. The pipes have no terminal, so the handler only checks and stores the size.
/// </summary>
[UpgradeProtocol(Protocol, Path = "/exec", Format = typeof(ByteTagMessageFormat), JsonContext = typeof(ConsoleJson), Client = typeof(IConsole))]
public sealed class ExecHandler : IAsyncDisposable
{
    internal const string Protocol = "v5.channel.k8s.io";

    private readonly RunningProgram _shell = Programs.Start("shell");

    /// <summary>The size of the client's terminal, if the client has sent it.</summary>
    public TerminalSize? Size { get; private set; }

    [Message(Channel.Input)]
    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => _shell.WriteAsync(bytes, cancellationToken);

    [Message(Channel.Resize)]
    public void Resize(TerminalSize size) => Size = size;

    [Message(Channel.Close)]
    public void Close(ReadOnlySpan<byte> channel)
    {
        if (channel is not [Channel.Input])
        {
            throw new MessageException("not_yours", "A client can close only channel 0, the input.");
        }

        _shell.EndInput();
    }

    // When the method returns, the connection closes with 1000.
    [Background]
    public async Task RunAsync(UpgradeConnection connection, CancellationToken cancellationToken)
    {
        var console = connection.Client<IConsole>();
        var exitCode = await _shell.RunAsync(console.OutputAsync, console.ErrorsAsync, cancellationToken);
        await console.EndedAsync(Status.Of(exitCode));
    }

    public ValueTask DisposeAsync() => _shell.DisposeAsync();
}

/// <summary>The messages to the client.</summary>
[ClientContract]
public interface IConsole
{
    [Message(Channel.Output)]
    ValueTask OutputAsync(ReadOnlyMemory<byte> bytes);

    [Message(Channel.Errors)]
    ValueTask ErrorsAsync(ReadOnlyMemory<byte> bytes);

    [Message(Channel.Status)]
    ValueTask EndedAsync(Status status);
}

internal static class Channel
{
    public const int Input = 0;
    public const int Output = 1;
    public const int Errors = 2;
    public const int Status = 3;
    public const int Resize = 4;
    public const int Close = 255;
}

public readonly record struct TerminalSize(ushort Width, ushort Height);

/// <summary>The exit status of the process, in the format of Kubernetes clients.</summary>
public sealed record Status([property: JsonPropertyName("status")] string Outcome, string? Reason, string? Message, StatusDetails? Details)
{
    public static Status Of(int exitCode)
    {
        if (exitCode == 0)
        {
            return new Status("Success", null, null, null);
        }

        var code = exitCode.ToString(CultureInfo.InvariantCulture);
        return new Status("Failure", "NonZeroExitCode", $"The shell ended with {code}.", new StatusDetails([new StatusCause("ExitCode", code)]));
    }
}

public sealed record StatusDetails(IReadOnlyList<StatusCause> Causes);

public sealed record StatusCause(string Reason, string Message);

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(TerminalSize))]
[JsonSerializable(typeof(Status))]
public sealed partial class ConsoleJson : JsonSerializerContext;
