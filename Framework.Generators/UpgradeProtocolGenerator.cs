using System.Collections.Immutable;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;
using UpgradeProtocols.Declarations;
using UpgradeProtocols.Generators.Emit;

namespace UpgradeProtocols.Generators;

/// <summary>
/// Writes the code that calls handlers and sends to clients: a file for each, and one with the negotiation table. What is
/// declared wrongly is left out; the analyzers report it.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class UpgradeProtocolGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        context.RegisterPostInitializationOutput(static output => output.AddEmbeddedAttributeDefinition());

        var assembly = context.CompilationProvider.Select(ReferencedModules.Read).WithTrackingName(Steps.Assembly);
        var hasRuntime = assembly.Select(static (model, _) => model.HasRuntime);

        var handlers = context.SyntaxProvider
            .ForAttributeWithMetadataName(
                DeclarationReader.UpgradeProtocolAttribute,
                static (node, _) => node is ClassDeclarationSyntax or RecordDeclarationSyntax,
                static (declaration, cancellationToken) => IsFirst(declaration)
                    ? DeclarationReader.ReadHandler((INamedTypeSymbol)declaration.TargetSymbol, declaration.SemanticModel.Compilation, report: null, cancellationToken)
                    : null)
            .SelectMany(static (model, _) => Some(model))
            .WithTrackingName(Steps.Handlers);

        var contracts = context.SyntaxProvider
            .ForAttributeWithMetadataName(
                DeclarationReader.ClientContractAttribute,
                static (node, _) => node is InterfaceDeclarationSyntax,
                static (declaration, _) => IsFirst(declaration)
                    ? DeclarationReader.ReadContract((INamedTypeSymbol)declaration.TargetSymbol, declaration.SemanticModel.Compilation, report: null)
                    : null)
            .SelectMany(static (model, _) => Some(model))
            .WithTrackingName(Steps.Contracts);

        var foreignContracts = handlers
            .SelectMany(static (handler, _) => handler.ForeignContracts)
            .Collect()
            .SelectMany(static (all, _) => all.Distinct())
            .WithTrackingName(Steps.ForeignContracts);

        var table = handlers.Select(static (handler, _) => HandlerRegistration.Of(handler)).WithTrackingName(Steps.Table).Collect();
        var clients = Registrations(contracts).Combine(Registrations(foreignContracts))
            .Select(static (both, _) => both.Left.Concat(both.Right).ToEquatableArray());

        var names = table.Combine(clients).Combine(assembly)
            .Select(static (all, _) => Names.Of(
                all.Left.Left.Select(handler => handler.FullName).Concat(all.Left.Right.Select(contract => contract.FullName)),
                all.Right.Name))
            .WithTrackingName(Steps.Names);

        var surroundings = names.Combine(hasRuntime);
        context.RegisterSourceOutput(handlers.Combine(surroundings), static (output, source) =>
        {
            var (handler, (names, hasRuntime)) = source;
            Add(output, hasRuntime, names.HintOf(handler.FullName), () => HandlerEmitter.Emit(handler, names.TypeOf(handler.FullName)));
        });
        context.RegisterSourceOutput(contracts.Combine(surroundings), EmitContract);
        context.RegisterSourceOutput(foreignContracts.Combine(surroundings), EmitContract);
        context.RegisterSourceOutput(table.Combine(clients).Combine(assembly).Combine(names), static (output, source) =>
        {
            var (((handlers, contracts), assembly), names) = source;
            Add(output, assembly.HasRuntime, Names.RegistrationHint, () => RegistrationEmitter.Emit(assembly, handlers, contracts, names));
        });
        RegisterDescription(context, hasRuntime);
    }

    // Nothing that is being typed needs it: it is written when the project is built, and costs an editor nothing.
    private static void RegisterDescription(IncrementalGeneratorInitializationContext context, IncrementalValueProvider<bool> hasRuntime)
    {
        var descriptions = context.SyntaxProvider
            .ForAttributeWithMetadataName(
                DeclarationReader.UpgradeProtocolAttribute,
                static (node, _) => node is ClassDeclarationSyntax or RecordDeclarationSyntax,
                static (declaration, cancellationToken) => IsFirst(declaration)
                    ? DescriptionReader.Read((INamedTypeSymbol)declaration.TargetSymbol, declaration.SemanticModel.Compilation, cancellationToken)
                    : [])
            .WithTrackingName(Steps.Descriptions)
            .Collect()
            .Select(static (all, _) => all.SelectMany(static protocols => protocols).ToEquatableArray());
        context.RegisterImplementationSourceOutput(descriptions.Combine(hasRuntime), static (output, source) =>
        {
            var (protocols, hasRuntime) = source;
            Add(output, hasRuntime && protocols.Count > 0, DescriptionEmitter.Hint, () => DescriptionEmitter.Emit(protocols));
        });
    }

    private static void EmitContract(SourceProductionContext output, (ContractModel Contract, (Names Names, bool HasRuntime) Surroundings) source)
    {
        var (contract, (names, hasRuntime)) = source;
        Add(output, hasRuntime, names.HintOf(contract.FullName), () => ClientEmitter.Emit(contract, names.TypeOf(contract.FullName)));
    }

    // A project that only shares contracts with clients has the attributes without the runtime.
    private static void Add(SourceProductionContext output, bool hasRuntime, string hint, Func<string> emit)
    {
        if (hasRuntime)
        {
            output.AddSource(hint, SourceText.From(emit(), Encoding.UTF8));
        }
    }

    private static IncrementalValueProvider<EquatableArray<ContractRegistration>> Registrations(IncrementalValuesProvider<ContractModel> contracts) =>
        contracts.Select(static (contract, _) => new ContractRegistration(contract.FullName, contract.Type)).Collect()
            .Select(static (all, _) => all.ToEquatableArray());

    private static ImmutableArray<T> Some<T>(T? model)
        where T : class => model is null ? [] : [model];

    // A partial type whose parts both have the attribute is one declaration: the first stands for all.
    private static bool IsFirst(GeneratorAttributeSyntaxContext declaration)
    {
        var own = declaration.Attributes[0].AttributeClass;
        foreach (var attribute in declaration.TargetSymbol.GetAttributes())
        {
            if (SymbolEqualityComparer.Default.Equals(attribute.AttributeClass, own))
            {
                return attribute.ApplicationSyntaxReference is { } place
                    && place.SyntaxTree == declaration.TargetNode.SyntaxTree
                    && declaration.TargetNode.Span.Contains(place.Span);
            }
        }

        return false;
    }
}
