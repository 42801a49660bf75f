using System.Net;
using UpgradeProtocols.Tests.Backplane;

namespace UpgradeProtocols.Tests.EndToEnd;

/// <summary>The commands of README.md that start an example. PackageTests run those that install the packages.</summary>
public class ReadmeCommandTests
{
    private const string Run = "dotnet run -c Release --project examples/";

    public static TheoryData<string> Starts => [.. Readme.Commands().Where(command => command.StartsWith(Run, StringComparison.Ordinal))];

    [Fact]
    public void Every_command_is_run_by_a_test() => Assert.All(
        Readme.Commands(),
        command => Assert.True(
            command == "./test" || command.StartsWith(Run, StringComparison.Ordinal) || PackageTests.InstallCommands.Contains(command), command));

    [Theory]
    [MemberData(nameof(Starts))]
    public async Task A_command_starts_its_example(string command)
    {
        var parts = command[Run.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        await using var redis = parts.Contains("--redis") ? await StartRedisAsync() : null;
        var arguments = parts.Skip(1).Where(part => part != "--").ToArray();
        await using var server = await ExampleServer.StartAsync(parts[0], arguments: WithoutUrls(arguments, redis?.Address));

        using var http = new HttpClient();
        using var page = await http.GetAsync(server.Address, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
    }

    private static async Task<ServerProcess> StartRedisAsync()
    {
        var redis = ServerProcess.Redis();
        await redis.StartAsync();
        return redis;
    }

    // The tests choose their own ports.
    private static string[] WithoutUrls(string[] arguments, string? redis)
    {
        var kept = new List<string>();
        for (var i = 0; i + 1 < arguments.Length; i += 2)
        {
            if (arguments[i] != "--urls")
            {
                kept.AddRange(arguments[i], arguments[i] == "--redis" ? redis! : arguments[i + 1]);
            }
        }

        return [.. kept];
    }
}
