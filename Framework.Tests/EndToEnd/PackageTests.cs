using System.Diagnostics;
using System.IO.Compression;
using System.Text.RegularExpressions;

namespace UpgradeProtocols.Tests.EndToEnd;

/// <summary>The packages as a user gets them: from a feed, in projects outside the repository that hold the README's programs.</summary>
[Trait("needs", "packing")]
public sealed partial class PackageTests : IAsyncLifetime
{
    private const string Feed = "~/upgrade-packages";

    // On a busy machine a build takes minutes.
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(8);

    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"upgrade-protocols-{Guid.NewGuid():N}");

    /// <summary>The README's commands that pack the repository and install the package.</summary>
    public static IReadOnlyList<string> InstallCommands { get; } =
        [.. Readme.Commands().SkipWhile(static command => !command.StartsWith("dotnet pack ", StringComparison.Ordinal)).Take(4)];

    private string Packages => Path.Combine(_folder, "feed");

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(_folder);

        // A package folder of its own, so that no earlier version of a package is used.
        await WriteAsync(
            "nuget.config",
            """
            <configuration>
              <config><add key="globalPackagesFolder" value="packages" /></config>
              <packageSourceMapping><clear /></packageSourceMapping>
            </configuration>
            """);
        foreach (var command in InstallCommands)
        {
            await InstallAsync(command);
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
        await WriteAsync("Rooms/Program.cs", Readme.Blocks("csharp")[0]);

        var (exitCode, output) = await BuildAsync("Rooms");
        Assert.True(exitCode == 0, output);
        Assert.DoesNotContain("warning", output, StringComparison.Ordinal);
        await using (var server = await ExampleServer.StartProgramAsync(Path.Combine(_folder, "Rooms/bin/Debug/net10.0/Rooms")))
        {
            await ConverseAsync(server);
        }

        await WriteAsync(
            "Rooms/Wrong.cs",
            "[UpgradeProtocols.UpgradeProtocol(\"two words\")] public sealed class Wrong { [UpgradeProtocols.OnConnected] public void Connected() { } }");
        (exitCode, output) = await BuildAsync("Rooms", "--no-restore");
        Assert.NotEqual(0, exitCode);
        Assert.True(output.Contains("Wrong.cs(1,35): error UPG001: The protocol name 'two words' has a space", StringComparison.Ordinal), output);
    }

    [Theory]
    [InlineData(1, "UpgradeProtocols", "Microsoft.AspNetCore.Authentication.JwtBearer")]
    [InlineData(2, "UpgradeProtocols.Redis")]
    public async Task Each_other_program_of_the_readme_compiles(int block, params string[] packages)
    {
        var handlers = Readme.Blocks("csharp")[0];
        var usings = string.Concat(Using().Matches(handlers).Select(match => match.Value));
        await WriteAsync("Other/Handlers.cs", usings + handlers[handlers.IndexOf("[UpgradeProtocol(", StringComparison.Ordinal)..]);
        await WriteAsync("Other/Program.cs", Readme.Blocks("csharp")[block]);
        await WriteProjectAsync("Other", packages);

        var (exitCode, output) = await BuildAsync("Other");

        Assert.True(exitCode == 0, output);
    }

    [Fact]
    public async Task No_name_is_imported_into_a_project_that_has_the_package()
    {
        await WriteAsync("Shop/Program.cs", Controllers);
        await WriteProjectAsync("Shop", "UpgradeProtocols", "Newtonsoft.Json");

        var (exitCode, output) = await BuildAsync("Shop", "-warnaserror");

        Assert.True(exitCode == 0, output);
    }

    [Fact]
    public void The_packages_hold_what_they_should()
    {
        var pages = Directory.GetFiles(Path.Combine(Readme.Repository, "docs/diagnostics"), "*.md").Select(page => $"docs/diagnostics/{Path.GetFileName(page)}");
        AssertHolds(
            "UpgradeProtocols",
            [
                "analyzers/dotnet/cs/UpgradeProtocols.Generators.dll",
                "analyzers/dotnet/cs/UpgradeProtocols.Analyzers.dll",
                "analyzers/dotnet/cs/UpgradeProtocols.CodeFixes.dll",
                "build/UpgradeProtocols.props",
                "buildTransitive/UpgradeProtocols.props",
                .. pages,
            ]);
        foreach (var other in (string[])["Contracts", "Protocol", "Redis", "Testing", "Transport.Epoll"])
        {
            AssertHolds($"UpgradeProtocols.{other}");
        }
    }

    [Fact]
    public void A_package_links_only_to_what_exists()
    {
        foreach (var file in Directory.GetFiles(Packages, "*.nupkg"))
        {
            using var package = ZipFile.OpenRead(file);
            var description = ReadEntry(package, entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal));
            Assert.DoesNotContain("<projectUrl>", description, StringComparison.Ordinal);
            Assert.DoesNotMatch("<repository [^>]*url=", description);

            // A gallery resolves no relative link.
            var readme = ReadEntry(package, entry => entry.FullName == "README.md");
            Assert.DoesNotContain("](", readme, StringComparison.Ordinal);
        }
    }

    private const string Controllers =
        """
        using Microsoft.AspNetCore.Mvc;
        using Newtonsoft.Json;

        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddControllers();
        var app = builder.Build();
        app.MapControllers();
        app.Run();

        [ApiController, Route("orders")]
        public sealed class OrdersController : ControllerBase
        {
            [HttpGet("{id}")]
            public Order Get([FromRoute] int id, [FromQuery] string? filter, [FromServices] ILogger<OrdersController> logger)
            {
                logger.LogInformation("{Filter}", filter);
                return new Order { Id = id, Message = new Message(new MessageContext(), new MessageHeader(), new CompressionOptions()) };
            }
        }

        public sealed class Order
        {
            [JsonProperty("id")]
            public int Id { get; set; }

            [JsonIgnore]
            public Message? Message { get; set; }
        }

        public sealed record Message(MessageContext Context, MessageHeader Header, CompressionOptions Options);

        public sealed record MessageContext;

        public sealed record MessageHeader;

        public sealed record CompressionOptions;
        """;

    [GeneratedRegex("^using [^;]+;\n", RegexOptions.Multiline)]
    private static partial Regex Using();

    [GeneratedRegex("// → (?<answer>.*)")]
    private static partial Regex Answers();

    // The README's script runs as it is: in Node, with the package ws as the browser's WebSocket.
    private async Task ConverseAsync(ExampleServer server)
    {
        var node = Programs.Find("node");
        Assert.SkipWhen(node is null, "node is not installed.");
        var ws = Programs.TestFile("npm/node_modules/ws");
        Assert.SkipUnless(Directory.Exists(ws), "The npm package ws is not installed: ./test installs it.");
        var block = Assert.Single(Readme.Blocks("js"));
        var answers = Answers().Matches(block).Select(match => match.Groups["answer"].Value.Trim()).ToArray();
        Assert.Equal(2, answers.Length);
        var script = $$"""
            globalThis.WebSocket = require("{{ws}}");
            let left = {{answers.Length}};
            const log = console.log;
            console.log = text => { log(text); if (--left === 0) process.exit(0); };
            {{block.Replace("ws://localhost:5080", $"ws://127.0.0.1:{server.Port}", StringComparison.Ordinal)}}
            """;
        await WriteAsync("page.cjs", script);

        var (exitCode, output) = await Programs.RunAsync(Programs.Start(node!, Path.Combine(_folder, "page.cjs")));

        Assert.True(exitCode == 0, output);
        Assert.Equal(answers, output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private void AssertHolds(string name, params string[] more)
    {
        string[] expected = [$"lib/net10.0/{name}.dll", $"lib/net10.0/{name}.xml", "README.md", "CHANGELOG.md", "icon.png", .. more];
        Assert.Equal(expected.Order(StringComparer.Ordinal), EntriesOf(Path.Combine(Packages, $"{name}.{Version}.nupkg")));
        Assert.Equal([$"lib/net10.0/{name}.pdb"], EntriesOf(Path.Combine(Packages, $"{name}.{Version}.snupkg")));
    }

    private string Version => Path.GetFileNameWithoutExtension(Directory.GetFiles(Packages, "UpgradeProtocols.Contracts.*.nupkg").Single())["UpgradeProtocols.Contracts.".Length..];

    private static string[] EntriesOf(string file)
    {
        using var package = ZipFile.OpenRead(file);
        return
        [
            .. package.Entries.Select(entry => entry.FullName)
                .Where(name => !name.Contains('[') && !name.StartsWith("_rels", StringComparison.Ordinal)
                    && !name.StartsWith("package/", StringComparison.Ordinal) && !name.EndsWith(".nuspec", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal),
        ];
    }

    private static string ReadEntry(ZipArchive package, Func<ZipArchiveEntry, bool> which)
    {
        using var reader = new StreamReader(package.Entries.Single(which).Open());
        return reader.ReadToEnd();
    }

    private async Task InstallAsync(string command)
    {
        // The tests were built from the same sources a moment ago; a feed of their own is named in a configuration of their own.
        var isPack = command.StartsWith("dotnet pack ", StringComparison.Ordinal);
        var given = command.Split(' ').Skip(1).Select(part => part == Feed ? Packages : part);
        string[] more = isPack
            ? ["--no-build", $"-p:Configuration={Programs.Metadata("Tests.Configuration")}"]
            : command.Contains("nuget add source", StringComparison.Ordinal) ? ["--configfile", "nuget.config"] : [];
        var (exitCode, output) = await DotnetAsync(isPack ? Readme.Repository : _folder, [.. given, .. more]);
        Assert.True(exitCode == 0, $"{command}\n{output}");
    }

    private async Task WriteAsync(string name, string text)
    {
        var file = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllTextAsync(file, text);
    }

    private Task WriteProjectAsync(string name, params string[] packages)
    {
        var references = packages.Select(package => $"""<PackageReference Include="{package}" Version="{VersionOf(package)}" />""");
        return WriteAsync(
            $"{name}/{name}.csproj",
            $"""
            <Project Sdk="Microsoft.NET.Sdk.Web">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
              </PropertyGroup>
              <ItemGroup>
                {string.Join("\n    ", references)}
              </ItemGroup>
            </Project>
            """);
    }

    private string VersionOf(string package) => package switch
    {
        "Newtonsoft.Json" => "13.0.4",
        "Microsoft.AspNetCore.Authentication.JwtBearer" => PinnedVersion(package),
        _ => Version,
    };

    private static string PinnedVersion(string package) => Regex.Match(
        File.ReadAllText(Path.Combine(Readme.Repository, "Directory.Packages.props")), $"\"{Regex.Escape(package)}\" Version=\"(?<version>[^\"]+)\"").Groups["version"].Value;

    private Task<(int ExitCode, string Output)> BuildAsync(string project, params string[] options) =>
        DotnetAsync(Path.Combine(_folder, project), ["build", "-nodeReuse:false", "-p:UseSharedCompilation=false", .. options]);

    private static async Task<(int ExitCode, string Output)> DotnetAsync(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder };
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        return await Programs.RunAsync(start, longest: s_longest);
    }
}
