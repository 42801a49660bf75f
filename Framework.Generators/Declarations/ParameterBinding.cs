using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>The source of a parameter's argument, as its attributes declare it.</summary>
internal enum BindingSource
{
    /// <summary>No attribute declares a source. The type determines it.</summary>
    ByType,
    Path,
    Query,
    Header,
    Service,
    KeyedService,
    Payload,
}

/// <summary>
/// Reads the binding attributes of a parameter: those of the framework, of dependency injection, and of ASP.NET Core, which are identified
/// by their metadata interfaces. An unsupported binding attribute is a problem: if it were ignored, the parameter would be read from the
/// client's payload.
/// </summary>
/// <param name="Source">The source of the argument.</param>
/// <param name="Attribute">The attribute that declares the source.</param>
/// <param name="Name">The name of the bound value, if the attribute gives one.</param>
/// <param name="Problem">The problem in the words of a diagnostic, or <see langword="null"/> if there is none.</param>
internal sealed record ParameterBinding(BindingSource Source, AttributeData? Attribute = null, string? Name = null, string? Problem = null)
{
    private const string Http = "Microsoft.AspNetCore.Http";
    private const string Metadata = Http + ".Metadata";
    private const string Mvc = "Microsoft.AspNetCore.Mvc";
    private const string ModelBinding = Mvc + ".ModelBinding";
    private const string Injection = "Microsoft.Extensions.DependencyInjection";

    private static readonly ParameterBinding s_byType = new(BindingSource.ByType);

    private static readonly (string Interface, BindingSource Source)[] s_metadata =
    [
        ("IFromServiceMetadata", BindingSource.Service),
        ("IFromRouteMetadata", BindingSource.Path),
        ("IFromQueryMetadata", BindingSource.Query),
        ("IFromHeaderMetadata", BindingSource.Header),
        ("IFromBodyMetadata", BindingSource.Payload),
    ];

    private static readonly string[] s_binderInterfaces =
        ["IBindingSourceMetadata", "IBinderTypeProviderMetadata", "IModelNameProvider", "IPropertyFilterProvider"];

    /// <summary>Whether the compiler has reported an error in the attribute.</summary>
    public bool IsUnfinished => Attribute?.HasErrors() == true;

    /// <summary>The key of a keyed service, as an expression.</summary>
    public string Key => Attribute?.ConstructorArguments is [{ IsNull: false } key, ..] ? Literals.Expression(key) : "null";

    public static ParameterBinding Of(IParameterSymbol parameter)
    {
        var found = s_byType;
        foreach (var attribute in parameter.GetAttributes())
        {
            if (Read(attribute) is not { } binding)
            {
                continue;
            }

            if (binding.Problem is not null)
            {
                return binding;
            }

            if (found.Attribute is { } first)
            {
                return binding with { Problem = $"has both [{NameOf(first)}] and [{NameOf(attribute)}], but can have only one source: remove one of them" };
            }

            found = binding;
        }

        return found;
    }

    /// <summary>The attribute's name in source code, without its suffix.</summary>
    public static string NameOf(AttributeData attribute)
    {
        var name = attribute.AttributeClass!.Name;
        return name.Length > "Attribute".Length && name.EndsWith("Attribute", StringComparison.Ordinal) ? name.Substring(0, name.Length - "Attribute".Length) : name;
    }

    private static ParameterBinding? Read(AttributeData attribute) =>
        attribute.AttributeClass is not { TypeKind: not TypeKind.Error } type ? null
        : Symbols.IsNamespace(type.ContainingNamespace, Attributes.Namespace) ? ReadOurs(attribute, type.Name)
        : ReadInjection(attribute, type) ?? ReadMetadata(attribute, type) ?? ReadRefused(attribute, type);

    private static ParameterBinding? ReadOurs(AttributeData attribute, string type) =>
        type == Attributes.Payload ? new(BindingSource.Payload, attribute) : null;

    private static ParameterBinding? ReadInjection(AttributeData attribute, INamedTypeSymbol type)
    {
        if (type.Is(Injection, "FromKeyedServicesAttribute"))
        {
            return new(BindingSource.KeyedService, attribute);
        }

        if (type.SelfAndBases().Any(level => level.Is(Injection, "FromKeyedServicesAttribute")))
        {
            return Refuse(attribute, "whose key is unknown at compile time: use [FromKeyedServices(key)]");
        }

        return type.Is(Injection, "ServiceKeyAttribute") ? Refuse(attribute, "but a handler is not a keyed service: remove it") : null;
    }

    private static ParameterBinding? ReadMetadata(AttributeData attribute, INamedTypeSymbol type)
    {
        var sources = s_metadata.Where(metadata => type.AllInterfaces.Any(level => level.Is(Metadata, metadata.Interface))).Select(metadata => metadata.Source).ToList();
        if (sources.Count == 0)
        {
            return null;
        }

        if (sources.Count > 1)
        {
            return Refuse(attribute, "which specifies more than one source: use one of [FromRoute], [FromQuery] and [FromServices]");
        }

        var source = sources[0];
        if (source is BindingSource.Service or BindingSource.Payload)
        {
            return new(source, attribute);
        }

        // A custom attribute computes its name at run time, so the name is unknown here.
        return Symbols.IsNamespaceOrInside(type.ContainingNamespace, "Microsoft.AspNetCore")
            ? new(source, attribute, attribute.Text("Name") is { Length: > 0 } name ? name : null)
            : Refuse(attribute, $"whose name is unknown at compile time: use [From{(source == BindingSource.Path ? "Route" : source.ToString())}]");
    }

    private static ParameterBinding? ReadRefused(AttributeData attribute, INamedTypeSymbol type)
    {
        if (type.AllInterfaces.Any(level => level.Is(Metadata, "IFromFormMetadata")))
        {
            return Refuse(attribute, "but a message has no form: take its payload, which needs no attribute");
        }

        if (type.Is(Http, "AsParametersAttribute"))
        {
            return Refuse(attribute, "which is only for HTTP endpoints: take each of its members as a parameter");
        }

        if (type.SelfAndBases().Any(level => level.Is(ModelBinding, "BindingBehaviorAttribute") || level.Is(Mvc, "BindAttribute")))
        {
            return Refuse(attribute, "which has no effect here: remove it, and remove members that clients must not set from the payload type");
        }

        var isBinder = type.AllInterfaces.Any(level => Symbols.IsNamespace(level.ContainingNamespace, ModelBinding) && s_binderInterfaces.Contains(level.Name));
        return isBinder || IsBinderByName(type)
            ? Refuse(attribute, $"{OriginOf(type)}which is not supported here: use [FromServices], [FromRoute] or [FromQuery], or remove it from a payload")
            : null;
    }

    // The namespace is included because two frameworks may have attributes of the same name.
    private static string OriginOf(INamedTypeSymbol type) =>
        type.ContainingNamespace is { IsGlobalNamespace: false } space ? $"of '{space.ToDisplayString()}', " : "";

    // Containers and frameworks have custom binding attributes that no interface identifies.
    private static bool IsBinderByName(INamedTypeSymbol type) =>
        (type.Name.StartsWith("From", StringComparison.Ordinal) && type.Name.Length > "From".Length && char.IsUpper(type.Name["From".Length]))
        || type.Name is "InjectAttribute" or "ServiceAttribute" or "DependencyAttribute" or "KeyFilterAttribute";

    private static ParameterBinding Refuse(AttributeData attribute, string why) =>
        new(BindingSource.ByType, attribute, Problem: $"has [{NameOf(attribute)}]{(why.StartsWith("of ", StringComparison.Ordinal) ? " " : ", ")}{why}");
}
