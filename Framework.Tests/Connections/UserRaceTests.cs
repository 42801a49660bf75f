using System.Security.Claims;
using UpgradeProtocols.Testing;

namespace UpgradeProtocols.Tests.Connections;

public class UserRaceTests
{
    // A read of the user before there is one must not undo a concurrent login.
    [Fact]
    public async Task A_login_is_not_lost_to_a_concurrent_read_of_the_user()
    {
        var ann = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, "ann")], "test"));
        using var together = new Barrier(2);
        for (var round = 0; round < 2000; round++)
        {
            using var test = new TestConnection();
            var connection = test.Connection;
            var asking = Task.Run(() =>
            {
                together.SignalAndWait();
                return connection.User;
            });
            together.SignalAndWait();
            connection.SetUser(ann);
            await asking;

            Assert.Same(ann, connection.User);
        }
    }
}
