using System.Collections.Concurrent;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace UpgradeProtocols.Analyzers;

/// <summary>The calls of a program that configure its hosting. They are collected while the analyzer visits the files.</summary>
internal sealed class ProgramCalls(FrameworkTypes types)
{
    private const string Ours = "UpgradeProtocols";

    private int _adds;
    private int _listens;
    private int _authenticates;
    private int _authenticatesItself;

    /// <summary>The calls of AddUpgradeProtocols(). The method is generated, so it may not exist yet.</summary>
    public ConcurrentBag<InvocationExpressionSyntax> Adding { get; } = [];

    /// <summary>The calls of MapUpgradeProtocols() and UseUpgradeProtocols().</summary>
    public ConcurrentBag<InvocationExpressionSyntax> Mapping { get; } = [];

    public bool Adds => _adds != 0;

    /// <summary>Whether the lightweight server, or Kestrel's own transport, serves the protocols.</summary>
    public bool Listens => _listens != 0;

    /// <summary>Whether authentication is configured: by an ASP.NET Core scheme, or by the lightweight server's option.</summary>
    public bool Authenticates => _authenticates != 0 || (Listens && _authenticatesItself != 0);

    public static string? NameOf(InvocationExpressionSyntax call) => NameNode(call)?.Identifier.ValueText;

    public static SimpleNameSyntax? NameNode(InvocationExpressionSyntax call) => call.Expression switch
    {
        MemberAccessExpressionSyntax access => access.Name,
        MemberBindingExpressionSyntax binding => binding.Name,
        SimpleNameSyntax name => name,
        _ => null,
    };

    /// <summary>Visits a call. The name is checked first, because binding every call of a program is too slow.</summary>
    public void Look(InvocationExpressionSyntax call, SemanticModel model, CancellationToken cancellationToken)
    {
        switch (NameOf(call))
        {
            case "AddUpgradeProtocols" when IsOurs(call, model, "Microsoft.Extensions.DependencyInjection", cancellationToken):
                Adding.Add(call);
                Set(ref _adds);
                break;
            case "MapUpgradeProtocols" when IsOurs(call, model, "Microsoft.AspNetCore.Builder", cancellationToken):
                Mapping.Add(call);
                break;
            case "UseUpgradeProtocols" when IsOurs(call, model, "Microsoft.AspNetCore.Hosting", cancellationToken):
                Mapping.Add(call);
                Set(ref _listens);
                break;
            case "Listen" when IsOfBuilder(call, model, cancellationToken):
                Set(ref _listens);
                break;
            case { } name when IsAuthentication(name):
                Set(ref _authenticates);
                break;
        }

        // Another assembly that receives the builder may start the server.
        if (!Listens && call.ArgumentList.Arguments.Count > 0 && PassesBuilder(call, model, cancellationToken))
        {
            Set(ref _listens);
        }
    }

    /// <summary>Visits <c>new UpgradeProtocolsBuilder(services)</c>, which the generated method creates.</summary>
    public void LookAtCreation(ITypeSymbol? type)
    {
        if (FrameworkTypes.Is(type, types.Builder))
        {
            Set(ref _adds);
        }
    }

    /// <summary>Visits <c>options.Authenticate = …</c>.</summary>
    public void LookAtAssignment(AssignmentExpressionSyntax assignment, SemanticModel model, CancellationToken cancellationToken)
    {
        var name = assignment.Left switch
        {
            MemberAccessExpressionSyntax access => access.Name,
            SimpleNameSyntax simple => simple,
            _ => null,
        };
        if (name?.Identifier.ValueText == "Authenticate"
            && !assignment.Right.IsKind(SyntaxKind.NullLiteralExpression)
            && (model.GetSymbolInfo(name, cancellationToken).Symbol is not { } symbol || FrameworkTypes.Is(symbol.ContainingType, types.Options)))
        {
            Set(ref _authenticatesItself);
        }
    }

    private static void Set(ref int flag) => Volatile.Write(ref flag, 1);

    // A call that doesn't bind counts, because the generated method or the user's code may be incomplete.
    private static bool IsOurs(InvocationExpressionSyntax call, SemanticModel model, string space, CancellationToken cancellationToken) =>
        model.GetSymbolInfo(call, cancellationToken).Symbol is not IMethodSymbol method
        || Declarations.Symbols.IsNamespace(method.ContainingNamespace, space)
            && (IsOurAssembly(method.ContainingAssembly) || method.ContainingType.Name.StartsWith(Ours, StringComparison.Ordinal));

    private static bool IsOurAssembly(IAssemblySymbol? assembly) =>
        assembly?.Name is { } name && (name == Ours || name.StartsWith(Ours + ".", StringComparison.Ordinal));

    private bool IsOfBuilder(InvocationExpressionSyntax call, SemanticModel model, CancellationToken cancellationToken) =>
        model.GetSymbolInfo(call, cancellationToken).Symbol is not IMethodSymbol method || FrameworkTypes.Is(method.ContainingType, types.Builder);

    private bool PassesBuilder(InvocationExpressionSyntax call, SemanticModel model, CancellationToken cancellationToken) =>
        call.ArgumentList.Arguments.Any(argument => argument.Expression is not (LiteralExpressionSyntax or LambdaExpressionSyntax)
            && FrameworkTypes.Is(model.GetTypeInfo(argument.Expression, cancellationToken).Type, types.Builder))
        && model.GetSymbolInfo(call, cancellationToken).Symbol is IMethodSymbol method
        && !SymbolEqualityComparer.Default.Equals(method.ContainingAssembly, model.Compilation.Assembly)
        && !IsOurAssembly(method.ContainingAssembly);

    // Custom extension methods that add a scheme usually have these words in their names.
    private static bool IsAuthentication(string name) =>
        name.StartsWith("Add", StringComparison.Ordinal)
        && (name.Contains("Authentication") || name.Contains("Identity") || name.Contains("JwtBearer") || name.Contains("OpenIdConnect") || name.Contains("Auth0"));
}
