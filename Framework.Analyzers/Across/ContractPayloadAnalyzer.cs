using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>
/// Checks the payloads and replies of a client contract against each protocol that names it. Reports types that the protocol's context
/// doesn't know (UPG201), and payloads with a member of the flat JSON envelope (UPG205). The location is the contract's method, or
/// <c>Client</c> if the contract comes from another assembly.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ContractPayloadAnalyzer : FrameworkAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Rules.NotInContext, Rules.NotAPayload, Rules.TakenMember];

    private protected override void Start(CompilationStartAnalysisContext context, FrameworkTypes types) =>
        context.RegisterSymbolAction(symbol => Analyze(symbol, types), SymbolKind.NamedType);

    private static void Analyze(SymbolAnalysisContext context, FrameworkTypes types)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        var isContract = type.TypeKind == TypeKind.Interface && types.IsClientContract(type);
        if (!isContract && !(type.TypeKind == TypeKind.Class && DeclarationReader.IsHandler(type)))
        {
            return;
        }

        var problems = new ProblemSink(problem => context.ReportDiagnostic(problem.ToDiagnostic()));
        foreach (var protocol in DeclarationIndex.For(context.Compilation, types, context.CancellationToken).Own)
        {
            if (protocol is not { Client: { } client, JsonContext: null or { TypeKind: not TypeKind.Error } })
            {
                continue;
            }

            if (isContract ? Same(client, type) : Same(protocol.Handler, type) && !Same(client.ContainingAssembly, context.Compilation.Assembly))
            {
                Check(problems, protocol, client, isContract);
            }
        }
    }

    private static void Check(ProblemSink problems, DeclaredProtocol protocol, INamedTypeSymbol contract, bool isAtContract)
    {
        foreach (var method in contract.AllInterfaces.Insert(0, contract).SelectMany(level => level.GetMembers()).OfType<IMethodSymbol>())
        {
            if (method.Attribute(Attributes.Namespace, Attributes.Message) is not { } message
                || (message.Texts("Versions") is { } versions && !versions.Contains(protocol.Name ?? "")))
            {
                continue;
            }

            foreach (var parameter in method.Parameters)
            {
                if (ProjectionReader.Find(contract, protocol.Name, parameter.Type) is { } projection)
                {
                    CheckType(projection.ReturnType, projection, method, isSent: true);
                }
                else
                {
                    CheckType(parameter.Type, parameter, method, isSent: true);
                }
            }

            if (ContractReader.ReplyOf(method.ReturnType) is { } reply)
            {
                CheckType(reply, method, method, isSent: false);
            }
        }

        void CheckType(ITypeSymbol type, ISymbol place, IMethodSymbol method, bool isSent)
        {
            if (!IsJson(type))
            {
                return;
            }

            if (!protocol.HasCodec)
            {
                PayloadChecks.Check(problems, type, method, protocol.JsonContext, protocol.IsPlain, isRead: !isSent, () => LocationOf(place));
            }

            if (isSent && protocol.FlatDiscriminator is { } discriminator)
            {
                FlatMembers.Check(problems, type, discriminator, protocol.JsonContext, () => LocationOf(place));
            }
        }

        Location LocationOf(ISymbol place)
        {
            if (!isAtContract)
            {
                return protocol.Arguments.FindLocation("Client", protocol.Handler);
            }

            return place.FirstLocation() is { IsInSource: true } location ? location : contract.FirstLocation();
        }
    }

    // Text and bytes may be sent unchanged, and another rule reports types that can't be payloads.
    private static bool IsJson(ITypeSymbol type) =>
        !type.Is("System.Threading", "CancellationToken")
        && Payloads.FormOf(type) == PayloadForm.Typed
        && !MethodReader.ContainsError(type)
        && Payloads.Problem(type, canBeSpan: false) is null;

    private static bool Same(ISymbol left, ISymbol right) => SymbolEqualityComparer.Default.Equals(left, right);
}
