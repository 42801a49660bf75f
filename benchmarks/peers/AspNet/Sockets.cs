using System.Net.WebSockets;

namespace Peers;

internal static class Sockets
{
    public static async Task RunAsync(HttpContext context, Func<WebSocket, CancellationToken, Task> loop)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        await loop(socket, context.RequestAborted);
    }

    public static Task CloseAsync(WebSocket socket, CancellationToken cancellationToken) =>
        socket.CloseAsync(socket.CloseStatus ?? WebSocketCloseStatus.NormalClosure, socket.CloseStatusDescription, cancellationToken);
}
