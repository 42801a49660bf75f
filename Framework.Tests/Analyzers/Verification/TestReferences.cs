using System.Text;
using Basic.Reference.Assemblies;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Testing;

namespace UpgradeProtocols.Tests.Analyzers;

/// <summary>The references of the code under test.</summary>
internal static class TestReferences
{
    /// <summary>No package: the references are added one at a time, so that no test needs a network.</summary>
    public static ReferenceAssemblies None { get; } = new("net10.0");

    public static IReadOnlyList<MetadataReference> All { get; } =
    [
        .. Net100.References.All,
        MetadataReference.CreateFromFile(typeof(Microsoft.Extensions.DependencyInjection.FromKeyedServicesAttribute).Assembly.Location),
        MetadataReference.CreateFromFile(typeof(UpgradeProtocolAttribute).Assembly.Location),
        MetadataReference.CreateFromFile(typeof(UpgradeConnection).Assembly.Location),
        MetadataReference.CreateFromFile(typeof(IMessageFraming).Assembly.Location),
        MetadataReference.CreateFromFile(typeof(UpgradeProtocols.Runtime.MessageStream).Assembly.Location),
        MetadataReference.CreateFromFile(typeof(Microsoft.AspNetCore.Mvc.FromServicesAttribute).Assembly.Location),
        MetadataReference.CreateFromFile(typeof(Microsoft.AspNetCore.Http.Metadata.IFromServiceMetadata).Assembly.Location),
    ];

    public static CSharpParseOptions ParseOptions { get; } = new(LanguageVersion.CSharp14, DocumentationMode.Diagnose);

    /// <summary>The global usings of the package's props, so that the sources of the tests need no usings.</summary>
    public const string Usings = """
        global using System;
        global using System.Collections.Generic;
        global using System.Runtime.CompilerServices;
        global using System.Text.Json.Serialization;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using Microsoft.AspNetCore.Mvc;
        global using Microsoft.Extensions.DependencyInjection;
        global using UpgradeProtocols;
        """;

    /// <summary>Compiles a library that the code under test references.</summary>
    public static MetadataReference Library(string assemblyName, string source)
    {
        var compilation = CSharpCompilation.Create(
            assemblyName,
            [Parse(Usings), Parse(source)],
            All,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        using var stream = new MemoryStream();
        var result = compilation.Emit(stream);
        Assert.True(result.Success, string.Join(Environment.NewLine, result.Diagnostics));
        return MetadataReference.CreateFromImage(stream.ToArray());
    }

    private static SyntaxTree Parse(string source) => CSharpSyntaxTree.ParseText(source, ParseOptions, encoding: Encoding.UTF8);
}
