using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using UpgradeProtocols.Generators;

namespace UpgradeProtocols.Tests.Generators;

/// <summary>Handlers and contracts in several assemblies.</summary>
public class AssembliesTests
{
    private const string Contract = """
        namespace Shared;
        [ClientContract]
        public interface IEvents { [Message("said")] ValueTask SaidAsync(string text); }
        """;

    private const string Handler = """
        namespace Lib;
        [UpgradeProtocol("lib", Path = "/lib")]
        internal sealed class LibHandler { [Message("x")] public void X() { } }
        """;

    [Fact]
    public void Handlers_of_referenced_assemblies_are_found()
    {
        var dotted = Reference(GeneratorHost.Run(GeneratorHost.Compile([Handler], "My.Lib")).AssertClean());
        var underscored = Reference(GeneratorHost.Run(GeneratorHost.Compile([Handler], "My_Lib")).AssertClean());
        var app = GeneratorHost.Run(GeneratorHost.Compile([Handler.Replace("/lib", "/app")], "App-1", references: [.. GeneratorHost.Everything, dotted, underscored])).AssertClean();
        Assert.Contains("ProtocolRegistration.AddModule(builder, \"App-1\", ", app.Text, StringComparison.Ordinal);
        Assert.Contains("ProtocolRegistration.AddModule(builder, \"My.Lib\", global::UpgradeProtocols.Generated.My_Lib_Module.Register);", app.Text, StringComparison.Ordinal);
        Assert.Contains("ProtocolRegistration.AddModule(builder, \"My_Lib\", global::UpgradeProtocols.Generated.My_Lib_", app.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_test_project_that_sees_the_internals_calls_its_own_method()
    {
        var lib = Reference(GeneratorHost.Run(GeneratorHost.Compile(["[assembly: InternalsVisibleTo(\"App\")]", Handler], "Lib")).AssertClean());
        GeneratorHost.Run(GeneratorHost.Compile(
            ["public static class Program { public static object Run(IServiceCollection services) => services.AddUpgradeProtocols(); }", Handler.Replace("namespace Lib;", "namespace App;")],
            "App",
            references: [.. GeneratorHost.Everything, lib])).AssertClean();
    }

    [Fact]
    public void A_contract_shared_with_clients_is_implemented_by_the_server_that_uses_it()
    {
        var shared = GeneratorHost.Run(GeneratorHost.Compile([Contract], "Shared", references: GeneratorHost.ContractsOnly, options: GeneratorHost.Strict.WithSpecificDiagnosticOptions([new("CS0246", ReportDiagnostic.Suppress)])));
        Assert.Empty(shared.Files);
        var app = GeneratorHost.Run(GeneratorHost.Compile(
            ["""[UpgradeProtocol("a", Client = typeof(Shared.IEvents))] public class A { [Message("x")] public void X() { } }""",
             """[UpgradeProtocol("b", Client = typeof(Shared.IEvents))] public class B { [Message("x")] public void X() { } }"""],
            references: [.. GeneratorHost.Everything, SharedReference()])).AssertClean();
        Assert.Contains("Shared.IEvents.g.cs", app.Files.Keys);
        Assert.Equal([IncrementalStepRunReason.New], app.Reasons(Steps.ForeignContracts));
        Assert.Single(app.Text.Split('\n'), line => line.Contains("AddClientContract", StringComparison.Ordinal));
    }

    [Fact]
    public void A_contract_of_an_assembly_with_the_runtime_is_implemented_there()
    {
        var lib = Reference(GeneratorHost.Run(GeneratorHost.Compile([Contract], "Shared")).AssertClean());
        var app = GeneratorHost.Run(GeneratorHost.Compile(
            ["""[UpgradeProtocol("a", Client = typeof(Shared.IEvents))] public class A { [Message("x")] public void X() { } }"""],
            references: [.. GeneratorHost.Everything, lib])).AssertClean();
        Assert.DoesNotContain("AddClientContract", app.Text, StringComparison.Ordinal);
        Assert.Contains("Shared_Module.Register", app.Text, StringComparison.Ordinal);
    }

    private static PortableExecutableReference SharedReference() =>
        Emit(CSharpCompilation.Create(
            "Shared",
            [CSharpSyntaxTree.ParseText("using System.Threading.Tasks; using UpgradeProtocols;\n" + Contract, GeneratorHost.Parse)],
            GeneratorHost.ContractsOnly,
            GeneratorHost.Strict));

    private static PortableExecutableReference Reference(GeneratorRun run) => Emit(run.Output);

    private static PortableExecutableReference Emit(Compilation compilation)
    {
        using var stream = new MemoryStream();
        var result = compilation.Emit(stream);
        Assert.True(result.Success, string.Join("\n", result.Diagnostics));
        return MetadataReference.CreateFromImage(stream.ToArray());
    }
}
