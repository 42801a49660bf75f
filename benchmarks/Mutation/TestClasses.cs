using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace UpgradeProtocols.Mutation;

/// <summary>The test classes that take part.</summary>
internal static class TestClasses
{
    private static readonly string[] s_folders =
    [
        "Backplane", "Connections", "Diagnostics", "Filters", "Framing", "Fuzz", "Hosted", "Hosting", "Messages", "Negotiation", "Operations",
        "Outbound", "Groups", "Dispatch", "Sessions", "Testing", "Transport", "WebSockets", "Wire",
    ];

    // Their tests start other programs, which takes long.
    private static readonly string[] s_servers = ["Redis", "Nats", "Nginx"];

    /// <summary>The names of the classes, each with the content of its file.</summary>
    public static Dictionary<string, string> Find(ScratchCopy scratch)
    {
        var classes = s_folders.Select(folder => scratch.PathOf($"Framework.Tests/{folder}")).Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
            .SelectMany(file => CSharpSyntaxTree.ParseText(File.ReadAllText(file)).GetRoot().DescendantNodes().OfType<ClassDeclarationSyntax>())
            .ToList();
        var tested = classes.Where(HasTests).Select(static type => type.Identifier.Text).ToHashSet(StringComparer.Ordinal);
        return classes
            .Where(type => !s_servers.Any(type.Identifier.Text.Contains))
            .Where(type => !type.Modifiers.Any(SyntaxKind.AbstractKeyword) && (tested.Contains(type.Identifier.Text) || HasTestedBase(type)))
            .DistinctBy(NameOf).ToDictionary(NameOf, static type => type.SyntaxTree.ToString(), StringComparer.Ordinal);

        bool HasTestedBase(ClassDeclarationSyntax type) =>
            type.BaseList?.Types.Any(inherited => tested.Contains(inherited.Type.ToString().Split('<')[0])) == true;
    }

    private static bool HasTests(ClassDeclarationSyntax type) => type.Members.OfType<MethodDeclarationSyntax>()
        .SelectMany(static method => method.AttributeLists).SelectMany(static list => list.Attributes)
        .Any(static attribute => attribute.Name.ToString() is "Fact" or "Theory");

    private static string NameOf(ClassDeclarationSyntax type) =>
        $"{type.FirstAncestorOrSelf<BaseNamespaceDeclarationSyntax>()?.Name}.{type.Identifier.Text}";
}
