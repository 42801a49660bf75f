using System.Diagnostics;
using System.IO.Compression;
using System.Net.WebSockets;
using System.Text;
using System.Text.RegularExpressions;

namespace UpgradeProtocols.Tests.EndToEnd;

/// <summary>The packages as a user gets them: from a feed, in a project outside the repository that holds the README's program.</summary>
[Trait("needs", "packing")]
public sealed partial class PackageTests : IAsyncLifetime
{
    // On a busy machine a build takes minutes.
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(8);

    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"upgrade-protocols-{Guid.NewGuid():N}");

    private static string Repository => Path.GetFullPath(Path.Combine(Programs.Metadata("Tests.Folder"), ".."));

    private string Feed => Path.Combine(_folder, "feed");

    private string Project => Path.Combine(_folder, "app");

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Project);
        foreach (var project in (string[])["Framework.Contracts", "Framework"])
        {
            var (exitCode, output) = await DotnetAsync(
                Repository, "pack", $"{project}/{project}.csproj", "-c", Programs.Metadata("Tests.Configuration"), "--no-build", "-o", Feed);
            Assert.True(exitCode == 0, output);
        }
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return default;
    }

    [Fact]
    public async Task The_readmes_program_builds_from_the_packages_and_does_what_the_readme_says()
    {
        AssertPackages();
        var readme = await File.ReadAllTextAsync(Path.Combine(Repository, "README.md"), TestContext.Current.CancellationToken);
        await WriteProjectAsync(FirstProgram().Match(readme).Groups["code"].Value);

        var (exitCode, output) = await BuildAsync();
        Assert.True(exitCode == 0, output);
        Assert.DoesNotContain("warning", output, StringComparison.Ordinal);
        await using (var server = await ExampleServer.StartProgramAsync(Path.Combine(Project, "bin/Debug/net10.0/app")))
        {
            await ConverseAsync(server, readme);
        }

        await File.WriteAllTextAsync(
            Path.Combine(Project, "Wrong.cs"), "[UpgradeProtocol(\"two words\")] public sealed class Wrong { [OnConnected] public void Connected() { } }", TestContext.Current.CancellationToken);
        (exitCode, output) = await BuildAsync("--no-restore");
        Assert.NotEqual(0, exitCode);
        Assert.True(output.Contains("Wrong.cs(1,18): error UPG001: The protocol name 'two words' has a space", StringComparison.Ordinal), output);
    }

    [GeneratedRegex("```csharp\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex FirstProgram();

    [GeneratedRegex(@"socket\.send\('(?<sent>.*?)'\);\s+// → (?<answer>.*)")]
    private static partial Regex Exchanges();

    // What the page's script sends, and what it says is answered.
    private static async Task ConverseAsync(ExampleServer server, string readme)
    {
        using var patience = new CancellationTokenSource(Patience.Limit);
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("chat.v2");
        await socket.ConnectAsync(server.WebSocketAddress("/chat"), patience.Token);
        var exchanges = Exchanges().Matches(readme);
        Assert.Equal(2, exchanges.Count);
        foreach (Match exchange in exchanges)
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes(exchange.Groups["sent"].Value), WebSocketMessageType.Text, endOfMessage: true, patience.Token);
            var buffer = new byte[1024];
            var read = await socket.ReceiveAsync(buffer, patience.Token);
            Assert.Equal(exchange.Groups["answer"].Value.Trim(), Encoding.UTF8.GetString(buffer, 0, read.Count));
        }
    }

    private void AssertPackages()
    {
        AssertHolds(
            "UpgradeProtocols.*.nupkg",
            "lib/net10.0/UpgradeProtocols.dll",
            "lib/net10.0/UpgradeProtocols.xml",
            "analyzers/dotnet/cs/UpgradeProtocols.Generators.dll",
            "analyzers/dotnet/cs/UpgradeProtocols.Analyzers.dll",
            "analyzers/dotnet/cs/UpgradeProtocols.CodeFixes.dll",
            "build/UpgradeProtocols.props",
            "buildTransitive/UpgradeProtocols.props",
            "README.md");
        AssertHolds("UpgradeProtocols.*.snupkg", "lib/net10.0/UpgradeProtocols.pdb");
        AssertHolds("UpgradeProtocols.Contracts.*.nupkg", "lib/net10.0/UpgradeProtocols.Contracts.dll", "lib/net10.0/UpgradeProtocols.Contracts.xml", "README.md");
        AssertHolds("UpgradeProtocols.Contracts.*.snupkg", "lib/net10.0/UpgradeProtocols.Contracts.pdb");
    }

    private void AssertHolds(string pattern, params string[] expected)
    {
        var isContracts = pattern.Contains("Contracts", StringComparison.Ordinal);
        var file = Directory.GetFiles(Feed, pattern).Single(file => Path.GetFileName(file).Contains("Contracts", StringComparison.Ordinal) == isContracts);
        using var package = ZipFile.OpenRead(file);
        var entries = package.Entries.Select(entry => entry.FullName).Where(name => !name.Contains('[') && !name.StartsWith("_rels", StringComparison.Ordinal)
            && !name.StartsWith("package/", StringComparison.Ordinal) && !name.EndsWith(".nuspec", StringComparison.Ordinal));
        Assert.Equal(expected.Order(StringComparer.Ordinal), entries.Order(StringComparer.Ordinal));
    }

    private async Task WriteProjectAsync(string program)
    {
        var version = Path.GetFileNameWithoutExtension(Directory.GetFiles(Feed, "UpgradeProtocols.Contracts.*.nupkg").Single())["UpgradeProtocols.Contracts.".Length..];
        await File.WriteAllTextAsync(Path.Combine(Project, "Program.cs"), program);

        // The feed is all there is, and what was unpacked before isn't taken for what is packed now.
        await File.WriteAllTextAsync(
            Path.Combine(Project, "nuget.config"),
            """
            <configuration>
              <packageSources><clear /><add key="feed" value="../feed" /></packageSources>
              <packageSourceMapping><clear /></packageSourceMapping>
              <fallbackPackageFolders><clear /></fallbackPackageFolders>
            </configuration>
            """);
        await File.WriteAllTextAsync(
            Path.Combine(Project, "app.csproj"),
            $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <RestorePackagesPath>../packages</RestorePackagesPath>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="UpgradeProtocols" Version="{version}" />
              </ItemGroup>
            </Project>
            """);
    }

    private Task<(int ExitCode, string Output)> BuildAsync(params string[] options) =>
        DotnetAsync(Project, ["build", "-nodeReuse:false", "-p:UseSharedCompilation=false", .. options]);

    private static async Task<(int ExitCode, string Output)> DotnetAsync(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder };
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        return await Programs.RunAsync(start, longest: s_longest);
    }
}
