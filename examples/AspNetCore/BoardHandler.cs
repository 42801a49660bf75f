using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;
using UpgradeProtocols;

namespace Board;

/// <summary>The board as a client sees it while it is connected. Only who is logged in gets here.</summary>
[UpgradeProtocol("board.v1", Path = "/live", JsonContext = typeof(BoardJson), Client = typeof(IBoardEvents))]
[Authorize]
public sealed class BoardHandler(Notices notices, Attendance attendance, Tokens tokens)
{
    [OnConnected]
    public ValueTask ConnectedAsync(UpgradeConnection connection) => attendance.EnterAsync(connection);

    /// <summary>Everything that is pinned now.</summary>
    [Message("list")]
    public Notice[] List() => notices.All();

    /// <summary>Pins a notice. Readers are answered with the error <c>forbidden</c>.</summary>
    [Message("pin"), Authorize("editor")]
    public ValueTask<Notice> PinAsync(Draft draft, ClaimsPrincipal user) => Notices.ProblemOf(draft.Text) is { } problem
        ? throw new MessageException("invalid_text", problem)
        : notices.PinAsync(user.Identity!.Name!, draft.Text);

    [Message("unpin"), Authorize("editor")]
    public ValueTask UnpinAsync(Unpin unpin) => notices.UnpinAsync(unpin.Id);

    /// <summary>The login goes on with a new token; without one the connection closes with 4401 when the old one expires.</summary>
    [Message("renew")]
    public async ValueTask<Renewed> RenewAsync(Renew renew, UpgradeConnection connection)
    {
        var (user, expires) = await tokens.ValidateAsync(renew.Token)
            ?? throw new MessageException("invalid_token", "The token isn't valid.");
        if (user.Identity!.Name != connection.User.Identity!.Name)
        {
            throw new MessageException("invalid_token", "The token is somebody else's.");
        }

        connection.SetUser(user, expires);
        return new Renewed(expires);
    }

    [OnDisconnected]
    public ValueTask DisconnectedAsync(UpgradeConnection connection) => attendance.LeaveAsync(connection);
}
