using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using UpgradeProtocols;

namespace RemoteConsole;

/// <summary>
/// A shell in the fifth version of Kubernetes' channels: each binary message begins with the byte of its channel, and 255
/// with a channel behind it closes that one. There is no terminal behind the pipes, so a size is checked and kept, no more.
/// </summary>
[UpgradeProtocol(Protocol, Path = "/exec", Format = typeof(ByteTagMessageFormat), JsonContext = typeof(ConsoleJson), Client = typeof(IConsole))]
public sealed class ExecHandler : IAsyncDisposable
{
    internal const string Protocol = "v5.channel.k8s.io";

    private readonly RunningProgram _shell = Programs.Start("shell");

    /// <summary>The size of the client's terminal, once it has said so.</summary>
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
            throw new MessageException("not_yours", "Only the input, channel 0, is the client's to close.");
        }

        _shell.EndInput();
    }

    // Its return closes the connection with 1000.
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

/// <summary>How the process ended, as Kubernetes' clients read it.</summary>
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
