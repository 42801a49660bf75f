using System.Collections.Immutable;
using System.Composition;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.Text;

namespace UpgradeProtocols.CodeFixes;

/// <summary>
/// UPG502: the contract lock takes in what was added. UPG501: it takes in what breaks clients, where none is left that
/// knows the published protocol.
/// </summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class UpdateLockFix : CodeFixProvider
{
    private const string FileName = "upgrade-protocols.lock.json";

    private static readonly UTF8Encoding s_encoding = new(encoderShouldEmitUTF8Identifier: false);

    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = ["UPG501", "UPG502"];

    /// <inheritdoc/>
    public override FixAllProvider GetFixAllProvider() => WriteOnce.Instance;

    /// <inheritdoc/>
    public override Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        foreach (var diagnostic in context.Diagnostics)
        {
            if (Updated(context.Document.Project, [diagnostic]) is { } solution)
            {
                context.RegisterCodeFix(
                    CodeAction.Create(TitleOf(diagnostic.Id), _ => Task.FromResult(solution), nameof(UpdateLockFix) + diagnostic.Id),
                    diagnostic);
            }
        }

        return Task.CompletedTask;
    }

    private static string TitleOf(string id) => id == "UPG501" ? $"Break the clients, and say so in {FileName}" : $"Update {FileName}";

    // Every diagnostic of a project knows the whole file.
    private static Solution? Updated(Project project, IEnumerable<Diagnostic> diagnostics) =>
        diagnostics.Select(diagnostic => diagnostic.Properties.TryGetValue("Lock", out var text) ? text : null).FirstOrDefault(text => text is not null) is { } text
            && project.AdditionalDocuments.FirstOrDefault(document => Path.GetFileName(document.FilePath ?? document.Name) == FileName) is { } file
            ? project.Solution.WithAdditionalDocumentText(file.Id, SourceText.From(text, s_encoding))
            : null;

    private sealed class WriteOnce : FixAllProvider
    {
        public static WriteOnce Instance { get; } = new();

        public override async Task<CodeAction?> GetFixAsync(FixAllContext fixAllContext)
        {
            var solution = fixAllContext.Solution;
            foreach (var id in fixAllContext.Scope == FixAllScope.Solution ? solution.ProjectIds : [fixAllContext.Project.Id])
            {
                var project = solution.GetProject(id)!;
                var diagnostics = await fixAllContext.GetAllDiagnosticsAsync(project).ConfigureAwait(false);
                solution = Updated(project, diagnostics) ?? solution;
            }

            return CodeAction.Create($"Update {FileName}", _ => Task.FromResult(solution), nameof(UpdateLockFix));
        }
    }
}
