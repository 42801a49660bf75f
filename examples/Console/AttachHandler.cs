using System.IO.Pipelines;
using Microsoft.AspNetCore.Mvc;
using UpgradeProtocols;

namespace RemoteConsole;

/// <summary>A program's raw input and output over the request of docker attach: <c>POST</c> with <c>Upgrade: tcp</c>.</summary>
[UpgradeProtocol("tcp", Kind = UpgradeKind.Raw, Path = "/containers/{id}/attach", Methods = ["POST"])]
public sealed class AttachHandler : IDisposable
{
    // Standard output and standard error share the connection: only one of them writes at a time.
    private readonly SemaphoreSlim _turn = new(1);

    [OnUpgrading]
    public static UpgradeResult Upgrading([FromRoute] string id) => Programs.Has(id)
        ? UpgradeResult.Accept()
        : UpgradeResult.Refuse(404, $"The container does not exist. Use one of {string.Join(", ", Programs.Names)}.");

    [OnUpgraded]
    public async Task RunAsync(IDuplexPipe pipe, [FromRoute] string id, CancellationToken cancellationToken)
    {
        await using var program = Programs.Start(id);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var input = FeedAsync(pipe.Input, program, ended.Token);
        await program.RunAsync(WriteAsync, WriteAsync, cancellationToken);

        // The program may exit before its input ends.
        await ended.CancelAsync();
        await input.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
        {
            await _turn.WaitAsync(cancellationToken);
            try
            {
                await pipe.Output.WriteAsync(bytes, cancellationToken);
            }
            finally
            {
                _turn.Release();
            }
        }
    }

    public void Dispose() => _turn.Dispose();

    // The client's FIN ends the program's input; the server still sends the rest of the program's output.
    private static async Task FeedAsync(PipeReader from, RunningProgram program, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await from.ReadAsync(cancellationToken);
            foreach (var piece in result.Buffer)
            {
                await program.WriteAsync(piece, cancellationToken);
            }

            from.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                program.EndInput();
                return;
            }
        }
    }
}
