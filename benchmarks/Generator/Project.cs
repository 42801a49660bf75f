using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace UpgradeProtocols.GeneratorBenchmarks;

/// <summary>A user's project with handlers, each in one file with its payloads, contract and JsonSerializerContext.</summary>
internal static class Project
{
    private static readonly CSharpParseOptions s_parse = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.CSharp14);

    // One thread, so that the result measures the generator and not the scheduler.
    private static readonly CSharpCompilationOptions s_options = new(
        OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable, concurrentBuild: false);

    private static readonly MetadataReference[] s_references =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Where(path => !Path.GetFileName(path).StartsWith("Microsoft.CodeAnalysis", StringComparison.Ordinal)
                && Path.GetFileName(path) is not ("UpgradeProtocols.Generators.dll" or "UpgradeProtocols.GeneratorBenchmarks.dll"))
            .Select(path => MetadataReference.CreateFromFile(path))];

    public static CSharpCompilation Create(int handlers)
    {
        var usings = Parse(
            """
            global using System;
            global using System.Collections.Generic;
            global using System.Text.Json;
            global using System.Text.Json.Serialization;
            global using System.Threading;
            global using System.Threading.Tasks;
            global using Microsoft.AspNetCore.Mvc;
            global using UpgradeProtocols;
            """,
            "Usings.cs");
        return CSharpCompilation.Create(
            "Project",
            [usings, Unrelated(0), .. Enumerable.Range(0, handlers).Select(number => Parse(Handler(number), $"Handler{number}.cs"))],
            s_references,
            s_options);
    }

    /// <summary>Returns a file without any declaration of the framework; its text depends on the edit.</summary>
    public static SyntaxTree Unrelated(int edit) => Parse($"namespace App; public static class Unrelated {{ public static int Edit() => {edit}; }}", "Unrelated.cs");

    public static CSharpCompilation EditUnrelated(CSharpCompilation compilation, int edit) =>
        compilation.ReplaceSyntaxTree(compilation.SyntaxTrees.First(tree => tree.FilePath == "Unrelated.cs"), Unrelated(edit));

    /// <summary>Renames a message of the first handler.</summary>
    public static CSharpCompilation EditHandler(CSharpCompilation compilation, int edit) =>
        compilation.ReplaceSyntaxTree(
            compilation.SyntaxTrees.First(tree => tree.FilePath == "Handler0.cs"),
            Parse(Handler(0).Replace("\"say\"", $"\"say{edit}\"", StringComparison.Ordinal), "Handler0.cs"));

    public static CSharpGeneratorDriver CreateDriver(params IIncrementalGenerator[] generators) => CSharpGeneratorDriver.Create(
        [.. generators.Select(generator => generator.AsSourceGenerator())],
        parseOptions: s_parse,
        driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: false));

    private static SyntaxTree Parse(string text, string path) => CSharpSyntaxTree.ParseText(text, s_parse, path);

    private static string Handler(int number) =>
        $$"""
        namespace App.Feature{{number}};

        public sealed record Join(string Room, int Version);
        public sealed record Joined(string Room, IReadOnlyList<string> Members);
        public sealed record Say(string Room, string Text);
        public sealed record Said(string Room, string Text, DateTimeOffset At);
        public sealed record History(string Room, int Count);

        [JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
        [JsonSerializable(typeof(Join)), JsonSerializable(typeof(Joined)), JsonSerializable(typeof(Say)), JsonSerializable(typeof(Said)), JsonSerializable(typeof(History))]
        public sealed partial class RoomJson : JsonSerializerContext
        {
            public RoomJson() : base(null) { }
            public static RoomJson Default { get; } = new();
            protected override JsonSerializerOptions? GeneratedSerializerOptions => null;
            public override System.Text.Json.Serialization.Metadata.JsonTypeInfo? GetTypeInfo(Type type) => null;
        }

        [ClientContract]
        public interface IRoomEvents
        {
            [Message("said")] ValueTask SaidAsync(Said said);
            [Message("closed")] ValueTask ClosedAsync(string room);
        }

        [UpgradeProtocol("room{{number}}.v2", Path = "/room{{number}}/{tenant}", JsonContext = typeof(RoomJson), Client = typeof(IRoomEvents))]
        [UpgradeProtocol("room{{number}}.v1", Path = "/room{{number}}/{tenant}", JsonContext = typeof(RoomJson), Client = typeof(IRoomEvents))]
        public sealed class RoomHandler(IClients<IRoomEvents> clients)
        {
            private readonly List<string> _rooms = [];

            [OnConnected]
            public void Connected(UpgradeConnection connection, [FromRoute] string tenant) => connection.Items["tenant"] = tenant;

            [Message("join")]
            public async ValueTask<Joined> JoinAsync(Join join, UpgradeConnection connection, CancellationToken cancellationToken)
            {
                await connection.JoinAsync(join.Room, cancellationToken);
                _rooms.Add(join.Room);
                return new Joined(join.Room, _rooms);
            }

            [Message("say")]
            public ValueTask SayAsync(Say say) => clients.Group(say.Room).SaidAsync(new Said(say.Room, say.Text, DateTimeOffset.UnixEpoch));

            [Message("leave", Versions = ["room{{number}}.v2"])]
            public async Task LeaveAsync(Join join, UpgradeConnection connection) => await connection.LeaveAsync(join.Room);

            [Message("count")]
            public int Count() => _rooms.Count;

            [Message("history", Versions = ["room{{number}}.v2"])]
            public IAsyncEnumerable<Said> HistoryAsync(History query, [FromQuery] int? limit, CancellationToken cancellationToken) => throw new MessageException("gone", query.Room + limit);

            [OnDisconnected]
            public void Disconnected(CloseInfo close) => _rooms.Clear();
        }
        """;
}
