using System.Collections.Immutable;
using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Editing;
using Microsoft.CodeAnalysis.Simplification;

namespace UpgradeProtocols.CodeFixes;

/// <summary>UPG201: adds the missing type to the JsonSerializerContext, which may be in another file.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class AddToJsonContextFix : CodeFixProvider
{
    private const string JsonSerializable = "System.Text.Json.Serialization.JsonSerializable";

    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = ["UPG201"];

    /// <inheritdoc/>
    public override FixAllProvider GetFixAllProvider() => AddAll.Instance;

    /// <inheritdoc/>
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        foreach (var diagnostic in context.Diagnostics)
        {
            if (await FindAsync(context.Document.Project, diagnostic, context.CancellationToken).ConfigureAwait(false) is { } missing)
            {
                context.RegisterCodeFix(
                    CodeAction.Create(
                        $"Add [JsonSerializable(typeof({missing.ShortType}))] to '{missing.Context.Identifier.ValueText}'",
                        cancellationToken => AddAsync(context.Document.Project.Solution, [missing], cancellationToken),
                        nameof(AddToJsonContextFix)),
                    diagnostic);
            }
        }
    }

    private static async Task<Missing?> FindAsync(Project project, Diagnostic diagnostic, CancellationToken cancellationToken)
    {
        if (!diagnostic.Properties.TryGetValue("Type", out var type) || type is null
            || !diagnostic.Properties.TryGetValue("Context", out var name) || name is null
            || await project.GetCompilationAsync(cancellationToken).ConfigureAwait(false) is not { } compilation
            || compilation.Assembly.GetTypeByMetadataName(name) is not { } context)
        {
            return null;
        }

        var parts = context.DeclaringSyntaxReferences
            .Select(reference => reference.GetSyntax(cancellationToken))
            .OfType<ClassDeclarationSyntax>()
            .Where(part => project.GetDocument(part.SyntaxTree) is not null)
            .ToList();
        var part = parts.FirstOrDefault(part => part.AttributeLists.Count > 0) ?? parts.FirstOrDefault();
        return part is null ? null : new Missing(
            type, part, project.GetDocument(part.SyntaxTree)!.Id, TextOf(diagnostic, "Name") ?? "", TextOf(diagnostic, "UniqueName") ?? "", TextOf(diagnostic, "IsTaken") is not null);
    }

    private static async Task<Solution> AddAsync(Solution solution, IEnumerable<Missing> missing, CancellationToken cancellationToken)
    {
        var editor = new SolutionEditor(solution);
        var taken = new HashSet<(SyntaxNode Context, string Name)>();
        foreach (var one in missing)
        {
            var document = await editor.GetDocumentEditorAsync(one.Document, cancellationToken).ConfigureAwait(false);
            var typeOf = document.Generator.TypeOfExpression(SyntaxFactory.ParseTypeName(one.Type).WithAdditionalAnnotations(Simplifier.Annotation));
            var arguments = ArgumentsOf(one, typeOf, document.Generator, isTaken: !taken.Add((one.Context, one.Name.ToUpperInvariant())));
            document.ReplaceNode(one.Context, (current, generator) => AttributeLines.Add(
                (ClassDeclarationSyntax)current, (AttributeListSyntax)RuleFix.Attribute(generator, JsonSerializable, arguments), one.Context.SyntaxTree));
        }

        return editor.GetChangedSolution();
    }

    // System.Text.Json identifies types by their simple names. It would omit one of two types with the same name.
    private static SyntaxNode[] ArgumentsOf(Missing missing, SyntaxNode typeOf, SyntaxGenerator generator, bool isTaken)
    {
        var type = generator.AttributeArgument(typeOf);
        return isTaken || missing.IsNameTaken
            ? [type, generator.AttributeArgument("TypeInfoPropertyName", generator.LiteralExpression(missing.UniqueName))]
            : [type];
    }

    private static string? TextOf(Diagnostic diagnostic, string name) => diagnostic.Properties.TryGetValue(name, out var text) ? text : null;

    private sealed record Missing(string Type, ClassDeclarationSyntax Context, DocumentId Document, string Name, string UniqueName, bool IsNameTaken)
    {
        /// <summary>The type without its namespaces, for the title.</summary>
        public string ShortType => string.Concat(SyntaxFactory.ParseTypeName(Type).DescendantTokens()
            .Where(token => !token.Parent!.AncestorsAndSelf().Any(IsQualifier) && token.Parent is not (QualifiedNameSyntax or AliasQualifiedNameSyntax))
            .Select(token => token.IsKind(SyntaxKind.CommaToken) ? ", " : token.Text));

        private static bool IsQualifier(SyntaxNode node) => node.Parent switch
        {
            QualifiedNameSyntax qualified => qualified.Left == node,
            AliasQualifiedNameSyntax alias => alias.Alias == node,
            _ => false,
        };
    }

    /// <summary>Adds the types of all diagnostics in one edit, because separate edits of the same context would conflict.</summary>
    private sealed class AddAll : FixAllProvider
    {
        public static AddAll Instance { get; } = new();

        public override async Task<CodeAction?> GetFixAsync(FixAllContext fixAllContext)
        {
            var missing = new List<Missing>();
            var projects = fixAllContext.Scope == FixAllScope.Solution ? fixAllContext.Solution.Projects : [fixAllContext.Project];
            foreach (var project in projects)
            {
                var diagnostics = fixAllContext is { Scope: FixAllScope.Document, Document: { } document }
                    ? await fixAllContext.GetDocumentDiagnosticsAsync(document).ConfigureAwait(false)
                    : await fixAllContext.GetAllDiagnosticsAsync(project).ConfigureAwait(false);
                foreach (var diagnostic in diagnostics)
                {
                    if (await FindAsync(project, diagnostic, fixAllContext.CancellationToken).ConfigureAwait(false) is { } found)
                    {
                        missing.Add(found);
                    }
                }
            }

            var distinct = missing.Distinct().OrderBy(one => one.Type, StringComparer.Ordinal).ToList();
            return CodeAction.Create(
                "Add the missing types to their JsonSerializerContext",
                cancellationToken => AddAsync(fixAllContext.Solution, distinct, cancellationToken),
                nameof(AddToJsonContextFix));
        }
    }
}
