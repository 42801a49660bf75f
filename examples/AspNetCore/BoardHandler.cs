using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;
using UpgradeProtocols;

namespace Board;

/// <summary>The board of a connected client. Only clients with a login can connect.</summary>
[UpgradeProtocol("board.v1", Path = "/live", JsonContext = typeof(BoardJson), Client = typeof(IBoardEvents))]
[Authorize]
public sealed class BoardHandler(Notices notices, Attendance attendance, Tokens tokens)
{
    [OnConnected]
    public ValueTask ConnectedAsync(UpgradeConnection connection) => attendance.EnterAsync(connection);

    /// <summary>Returns all pinned notices.</summary>
    [Message("list")]
    public Notice[] List() => notices.All();

    /// <summary>Pins a notice. A reader gets the error <c>forbidden</c>.</summary>
    [Message("pin"), Authorize("editor")]
    public ValueTask<Notice> PinAsync(Draft draft, ClaimsPrincipal user) => Notices.ProblemOf(draft.Text) is { } problem
        ? throw new MessageException("invalid_text", problem)
        : notices.PinAsync(user.Identity!.Name!, draft.Text);

    [Message("unpin"), Authorize("editor")]
    public ValueTask UnpinAsync(Unpin unpin) => notices.UnpinAsync(unpin.Id);

    /// <summary>Renews the login with a new token. Without one, the connection closes with 4401 when the old token expires.</summary>
    [Message("renew")]
    public async ValueTask<Renewed> RenewAsync(Renew renew, UpgradeConnection connection)
    {
        var (user, expires) = await tokens.ValidateAsync(renew.Token)
            ?? throw new MessageException("invalid_token", "The token isn't valid.");
        if (user.Identity!.Name != connection.User.Identity!.Name)
        {
            throw new MessageException("invalid_token", "The token belongs to another user.");
        }

        connection.SetUser(user, expires);
        return new Renewed(expires);
    }

    [OnDisconnected]
    public ValueTask DisconnectedAsync(UpgradeConnection connection) => attendance.LeaveAsync(connection);
}
