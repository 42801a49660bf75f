using System.IO.Pipelines;
using Microsoft.AspNetCore.Mvc;
using UpgradeProtocols;

namespace RemoteConsole;

/// <summary>A program's input and output as they are, over what docker attach asks for: <c>POST</c> with <c>Upgrade: tcp</c>.</summary>
[UpgradeProtocol("tcp", Kind = UpgradeKind.Raw, Path = "/containers/{id}/attach", Methods = ["POST"])]
public sealed class AttachHandler : IDisposable
{
    // Output and errors share the connection: one writes at a time.
    private readonly SemaphoreSlim _turn = new(1);

    [OnUpgrading]
    public static UpgradeResult Upgrading([FromRoute] string id) => Programs.Has(id)
        ? UpgradeResult.Accept()
        : UpgradeResult.Refuse(404, $"There is no such container. There are {string.Join(", ", Programs.Names)}.");

    [OnUpgraded]
    public async Task RunAsync(IDuplexPipe pipe, [FromRoute] string id, CancellationToken cancellationToken)
    {
        await using var program = Programs.Start(id);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var input = FeedAsync(pipe.Input, program, ended.Token);
        await program.RunAsync(WriteAsync, WriteAsync, cancellationToken);

        // The program may end before its input does.
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

    // The client's FIN is the end of the program's input; what the program makes of it still goes out.
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
