using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Basic.Reference.Assemblies;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using UpgradeProtocols.Generators;

namespace UpgradeProtocols.Tests.Generators;

/// <summary>Runs the generator and that of System.Text.Json on sources with the references of a user's project.</summary>
internal static class GeneratorHost
{
    public static readonly CSharpParseOptions Parse = CSharpParseOptions.Default
        .WithLanguageVersion(LanguageVersion.CSharp14)
        .WithDocumentationMode(DocumentationMode.Diagnose);

    public static readonly CSharpCompilationOptions Strict = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary)
        .WithNullableContextOptions(NullableContextOptions.Enable)
        .WithGeneralDiagnosticOption(ReportDiagnostic.Error)
        .WithSpecificDiagnosticOptions([new("CS1591", ReportDiagnostic.Suppress)]);

    private const string Usings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO.Pipelines;
        global using System.Runtime.CompilerServices;
        global using System.Security.Claims;
        global using System.Text.Json.Serialization;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using Microsoft.AspNetCore.Mvc;
        global using Microsoft.Extensions.DependencyInjection;
        global using UpgradeProtocols;
        """;

    // The compiler resolves the hundreds of references only once.
    private static readonly Lazy<CSharpCompilation> s_empty = new(() =>
    {
        var empty = CSharpCompilation.Create("Chat", [CSharpSyntaxTree.ParseText(Usings, Parse, path: "Usings.cs")], Everything, Strict);
        empty.GetDiagnostics();
        return empty;
    });

    private static readonly Lazy<ImmutableArray<ISourceGenerator>> s_jsonGenerators = new(LoadJsonGenerators);

    public static MetadataReference[] ContractsOnly { get; } =
        [
        .. Net100.References.All,
        MetadataReference.CreateFromFile(typeof(UpgradeProtocolAttribute).Assembly.Location),
        .. Platform("Microsoft.AspNetCore.Mvc.", "Microsoft.AspNetCore.Http."),
    ];

    public static MetadataReference[] Everything { get; } =
        [
            .. Net100.References.All,
            MetadataReference.CreateFromFile(typeof(UpgradeProtocolAttribute).Assembly.Location),
            MetadataReference.CreateFromFile(typeof(UpgradeProtocolsBuilder).Assembly.Location),
            MetadataReference.CreateFromFile(typeof(IMessageFraming).Assembly.Location),
            MetadataReference.CreateFromFile(typeof(UpgradeProtocols.Runtime.MessageStream).Assembly.Location),
            .. Platform("Microsoft.Extensions.", "Microsoft.AspNetCore."),
        ];

    private static IEnumerable<MetadataReference> Platform(params string[] prefixes) => ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
        .Split(Path.PathSeparator)
        .Where(path => prefixes.Any(prefix => Path.GetFileName(path).StartsWith(prefix, StringComparison.Ordinal)))
        .Select(path => MetadataReference.CreateFromFile(path));

    public static CSharpCompilation Compile(string[] sources, string assembly = "Chat", CSharpCompilationOptions? options = null, MetadataReference[]? references = null) =>
        (references is null ? s_empty.Value : s_empty.Value.WithReferences(references))
            .WithAssemblyName(assembly)
            .WithOptions(options ?? Strict)
            .AddSyntaxTrees([.. sources.Select((source, index) => CSharpSyntaxTree.ParseText(source, Parse, path: index == 0 ? "Source.cs" : $"Source{index + 1}.cs"))]);

    public static CSharpGeneratorDriver CreateDriver(LanguageVersion version = LanguageVersion.CSharp14) => CSharpGeneratorDriver.Create(
        [new UpgradeProtocolGenerator().AsSourceGenerator(), .. s_jsonGenerators.Value],
        parseOptions: Parse.WithLanguageVersion(version),
        driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

    public static GeneratorRun Run(params string[] sources) => Run(Compile(sources));

    public static GeneratorRun Run(CSharpCompilation compilation, LanguageVersion version = LanguageVersion.CSharp14)
    {
        var driver = CreateDriver(version).RunGeneratorsAndUpdateCompilation(compilation, out var output, out _);
        return new GeneratorRun(driver, compilation, output);
    }

    /// <summary>Runs the generator and asserts that the code has no warning and that unchanged input is cached.</summary>
    public static GeneratorRun RunClean(params string[] sources) => Run(sources).AssertClean();

    private static ImmutableArray<ISourceGenerator> LoadJsonGenerators()
    {
        // The packs are in the root of the .NET installation, three levels above the runtime's folder.
        var packs = new DirectoryInfo(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "packs", "Microsoft.NETCore.App.Ref"));
        var path = packs.EnumerateFiles("System.Text.Json.SourceGeneration.dll", SearchOption.AllDirectories).OrderBy(file => file.FullName).Last().FullName;
        return new AnalyzerFileReference(path, new Loader()).GetGenerators(LanguageNames.CSharp);
    }

    private sealed class Loader : IAnalyzerAssemblyLoader
    {
        public void AddDependencyLocation(string fullPath)
        {
        }

        public System.Reflection.Assembly LoadFromPath(string fullPath) => System.Reflection.Assembly.LoadFrom(fullPath);
    }
}
