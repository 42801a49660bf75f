using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>
/// Reports a handler whose payloads are JSON without a context: UPG202, once for each class, at the first attribute without a context. The
/// severity is warning if the program is trimmed, and info otherwise.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ReflectionJsonAnalyzer : FrameworkAnalyzer
{
    private static readonly string[] s_trimming = ["PublishAot", "PublishTrimmed", "IsAotCompatible", "IsTrimmable", "EnableTrimAnalyzer", "EnableAotAnalyzer"];

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [JsonRules.Reflection];

    private protected override void Start(CompilationStartAnalysisContext context, FrameworkTypes types) =>
        context.RegisterSymbolAction(symbol => Analyze(symbol, types), SymbolKind.NamedType);

    private static void Analyze(SymbolAnalysisContext context, FrameworkTypes types)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        if (type.TypeKind != TypeKind.Class
            || !type.GetAttributes().Any(attribute => types.IsUpgradeProtocol(attribute) && !HasCodec(attribute.On(type)))
            || DeclarationReader.ReadHandler(type, context.Compilation, report: null, context.CancellationToken) is not { } handler)
        {
            return;
        }

        ProtocolModel? first = null;
        var payloads = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var protocol in handler.Protocols)
        {
            var arguments = DeclarationReader.AttributeOf(type, protocol).On(type);
            if (!HasCodec(arguments) && !arguments.HasErrors && JsonPayloads(handler, protocol, arguments, context.Compilation).ToList() is { Count: > 0 } found)
            {
                first ??= protocol;
                payloads.UnionWith(found);
            }
        }

        if (first is null)
        {
            return;
        }

        var isTrimmed = IsTrimmed(context.Options.AnalyzerConfigOptionsProvider.GlobalOptions);
        context.ReportDiagnostic(Diagnostic.Create(
            JsonRules.Reflection,
            DeclarationReader.AttributeOf(type, first).FindLocation(type),
            isTrimmed ? DiagnosticSeverity.Warning : DiagnosticSeverity.Info,
            additionalLocations: null,
            ImmutableDictionary<string, string?>.Empty.Add("Types", string.Join("\n", payloads)),
            type.Name,
            isTrimmed ? "which fails in a trimmed program" : "which is slower and can't be trimmed"));
    }

    /// <summary>Whether the attribute declares how payloads are serialized.</summary>
    private static bool HasCodec(ProtocolArguments arguments) => arguments.Named("JsonContext") is not null || arguments.Named("Codec") is not null;

    private static bool IsTrimmed(AnalyzerConfigOptions options) => s_trimming.Any(property =>
        options.TryGetValue("build_property." + property, out var value) && string.Equals(value, "true", StringComparison.OrdinalIgnoreCase));

    private static IEnumerable<string> JsonPayloads(HandlerModel handler, ProtocolModel protocol, ProtocolArguments arguments, Compilation compilation)
    {
        if (protocol is { Kind: ProtocolKind.Raw, Framing: null })
        {
            yield break;
        }

        var messages = handler.MessagesOf(protocol).SelectMany(message => message.Method.Parameters.Select(parameter => parameter.Payload).Append(message.Method.Result));
        var pushes = arguments.Type("Client") is { TypeKind: TypeKind.Interface } client && DeclarationReader.IsContract(client)
            ? DeclarationReader.ReadContract(client, compilation, report: null)?.Messages
                .Where(push => push.Versions is not { } versions || versions.Contains(protocol.Name ?? ""))
                .SelectMany(push => push.Parameters.Select(parameter => parameter.Payload).Append(push.Reply is { } reply ? new PayloadModel(reply, "", PayloadForm.Typed, IsNullable: false) : null))
            : null;
        foreach (var payload in messages.Concat(pushes ?? []))
        {
            if (payload is not null && (payload.Form == PayloadForm.Typed || (payload.Form is PayloadForm.Text or PayloadForm.Bytes && !protocol.Format.IsBare)))
            {
                yield return payload.Type;
            }
        }
    }
}
