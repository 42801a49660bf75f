using System.IO.Pipelines;
using UpgradeProtocols;

namespace Echo;

/// <summary>Sends back the request's body, then every byte until the client's FIN.</summary>
[UpgradeProtocol("example/1", Kind = UpgradeKind.Raw, Path = "/raw", Methods = ["GET", "POST"])]
public sealed class BytesHandler
{
    [OnUpgraded]
    public async Task RunAsync(IDuplexPipe pipe, UpgradeRequest request, CancellationToken cancellationToken)
    {
        if (!request.Body.IsEmpty)
        {
            await pipe.Output.WriteAsync(request.Body, cancellationToken);
        }

        await pipe.Input.CopyToAsync(pipe.Output, cancellationToken);
    }
}

/// <summary>Answers each line with the line in upper case.</summary>
[UpgradeProtocol("lines/1", Kind = UpgradeKind.Raw, Path = "/raw", Framing = typeof(LineFraming))]
public sealed class LinesHandler
{
    [AnyMessage]
    public string Upper(string line) => string.Create(line.Length, line, static (upper, line) =>
    {
        for (var i = 0; i < line.Length; i++)
        {
            upper[i] = char.IsAsciiLetterLower(line[i]) ? char.ToUpperInvariant(line[i]) : line[i];
        }
    });
}
