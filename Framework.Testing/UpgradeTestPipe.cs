using System.IO.Pipelines;
using System.Text;

namespace UpgradeProtocols.Testing;

/// <summary>The client's end of a raw protocol.</summary>
public sealed class UpgradeTestPipe : IDuplexPipe
{
    private readonly MemoryConnection _memory;
    private readonly TimeSpan _timeout;

    internal UpgradeTestPipe(MemoryConnection memory, UpgradeConnection connection, TimeSpan timeout)
    {
        _memory = memory;
        _timeout = timeout;
        Connection = connection;
    }

    /// <summary>The server's end of the connection.</summary>
    public UpgradeConnection Connection { get; }

    /// <summary>The bytes that the server sends.</summary>
    public PipeReader Input => _memory.Client.Input;

    /// <summary>The bytes to the server. Completing it is the client's FIN, which ends only this direction.</summary>
    public PipeWriter Output => _memory.Client.Output;

    /// <summary>Sends bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <returns>A task that ends when the bytes are written to the connection.</returns>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await Output.WriteAsync(bytes);

    /// <summary>Sends text as UTF-8.</summary>
    /// <param name="text">The text.</param>
    /// <returns>A task that ends when the text is written to the connection.</returns>
    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>Receives exactly <paramref name="count"/> bytes.</summary>
    /// <param name="count">The number of bytes.</param>
    /// <returns>The bytes.</returns>
    /// <exception cref="EndOfStreamException">The connection ended first.</exception>
    /// <exception cref="TimeoutException">The bytes didn't arrive within the server's <see cref="UpgradeTestServer.Timeout"/>.</exception>
    public Task<byte[]> ReceiveAsync(int count) => HttpAnswer.ReadBytesAsync(Input, count, CancellationToken.None).WaitAsync(_timeout);

    /// <summary>Receives a line of UTF-8.</summary>
    /// <returns>The line without its line end; <see langword="null"/> if the connection has ended.</returns>
    /// <exception cref="TimeoutException">No data arrived within the server's <see cref="UpgradeTestServer.Timeout"/>.</exception>
    public async Task<string?> ReceiveLineAsync()
    {
        var line = new List<byte>();
        while (true)
        {
            var result = await Input.ReadAtLeastAsync(1).AsTask().WaitAsync(_timeout);
            if (result.Buffer.IsEmpty)
            {
                return line.Count == 0 ? null : Encoding.UTF8.GetString([.. line]);
            }

            var next = result.Buffer.FirstSpan[0];
            Input.AdvanceTo(result.Buffer.GetPosition(1));
            if (next == '\n')
            {
                return Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
            }

            line.Add(next);
        }
    }

    /// <summary>Drops the connection, like a peer whose cable was pulled.</summary>
    public void Abort() => _memory.Reset();
}
