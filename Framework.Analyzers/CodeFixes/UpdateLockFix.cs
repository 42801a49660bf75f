using System.Collections.Immutable;
using System.Composition;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.Text;
using UpgradeProtocols.Analyzers;

namespace UpgradeProtocols.CodeFixes;

/// <summary>
/// UPG502: adds the additions to the contract lock. UPG501: writes only the reported breaking change to the contract lock, for a published
/// form that no client uses any more. Other breaking changes remain.
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
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        foreach (var diagnostic in context.Diagnostics)
        {
            if (await UpdateAsync(context.Document.Project, [diagnostic], context.CancellationToken).ConfigureAwait(false) is { } solution)
            {
                context.RegisterCodeFix(
                    CodeAction.Create(TitleOf(diagnostic.Id), _ => Task.FromResult(solution), nameof(UpdateLockFix) + diagnostic.Id),
                    diagnostic);
            }
        }
    }

    private static string TitleOf(string id) => id == "UPG501" ? $"Accept the breaking change in {FileName}" : $"Update {FileName}";

    private static async Task<Solution?> UpdateAsync(Project project, IReadOnlyCollection<Diagnostic> diagnostics, CancellationToken cancellationToken)
    {
        if (project.AdditionalDocuments.FirstOrDefault(document => Path.GetFileName(document.FilePath ?? document.Name) == FileName) is not { } file
            || await project.GetCompilationAsync(cancellationToken).ConfigureAwait(false) is not { } compilation)
        {
            return null;
        }

        // Each UPG502 diagnostic contains all additions, and each UPG501 diagnostic contains only its own change.
        var additions = PropertiesOf(diagnostics, "Lock").FirstOrDefault();
        var breaks = PropertiesOf(diagnostics, "Change").ToList();
        var text = additions ?? (await file.GetTextAsync(cancellationToken).ConfigureAwait(false)).ToString();
        if (breaks.Count > 0)
        {
            text = LockUpdate.Accept(text, compilation, breaks, cancellationToken);
        }

        return text is null || (additions is null && breaks.Count == 0)
            ? null
            : project.Solution.WithAdditionalDocumentText(file.Id, SourceText.From(text, s_encoding));
    }

    private static IEnumerable<string> PropertiesOf(IEnumerable<Diagnostic> diagnostics, string name) =>
        diagnostics.Select(diagnostic => diagnostic.Properties.TryGetValue(name, out var value) ? value : null).OfType<string>();

    private sealed class WriteOnce : FixAllProvider
    {
        public static WriteOnce Instance { get; } = new();

        public override async Task<CodeAction?> GetFixAsync(FixAllContext fixAllContext)
        {
            var solution = fixAllContext.Solution;
            foreach (var id in fixAllContext.Scope == FixAllScope.Solution ? solution.ProjectIds : [fixAllContext.Project.Id])
            {
                var project = fixAllContext.Solution.GetProject(id)!;
                var diagnostics = fixAllContext is { Scope: FixAllScope.Document, Document: { } document }
                    ? await fixAllContext.GetDocumentDiagnosticsAsync(document).ConfigureAwait(false)
                    : await fixAllContext.GetAllDiagnosticsAsync(project).ConfigureAwait(false);
                solution = await UpdateAsync(solution.GetProject(id)!, diagnostics, fixAllContext.CancellationToken).ConfigureAwait(false) ?? solution;
            }

            return CodeAction.Create($"Update {FileName}", _ => Task.FromResult(solution), nameof(UpdateLockFix));
        }
    }
}
