using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace UpgradeProtocols.Declarations;

/// <summary>Formats symbols as text, and answers questions about them.</summary>
internal static class Symbols
{
    private static readonly SymbolDisplayFormat s_code = SymbolDisplayFormat.FullyQualifiedFormat
        .AddMiscellaneousOptions(SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier);

    private static readonly SymbolDisplayFormat s_fullName = new(
        SymbolDisplayGlobalNamespaceStyle.Omitted,
        SymbolDisplayTypeQualificationStyle.NameAndContainingTypesAndNamespaces);

    private static readonly SymbolDisplayFormat s_short = SymbolDisplayFormat.MinimallyQualifiedFormat
        .AddMiscellaneousOptions(SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier);

    private const string CodeAnalysis = "System.Diagnostics.CodeAnalysis";

    /// <summary>The type in generated code, with its nullable annotations.</summary>
    public static string Code(this ITypeSymbol type) => NamedSymbols.Write(type, s_code);

    /// <summary>The type in generated code, without the annotation of a nullable reference type.</summary>
    public static string CodeOfValue(this ITypeSymbol type) =>
        NamedSymbols.Write(type.IsReferenceType ? type.WithNullableAnnotation(NullableAnnotation.None) : type, s_code);

    /// <summary>The type as an argument of <c>typeof</c>, without annotations.</summary>
    public static string CodeForTypeOf(this ITypeSymbol type) => NamedSymbols.Write(type, SymbolDisplayFormat.FullyQualifiedFormat);

    /// <summary>Namespace, containing types and name.</summary>
    public static string FullName(this ITypeSymbol type) => type.ToDisplayString(s_fullName);

    /// <summary>The short name of the type for messages.</summary>
    public static string Display(this ITypeSymbol type) => type.ToDisplayString(s_short);

    /// <summary>The short name of the method for messages: <c>ChatHandler.SayAsync</c>.</summary>
    public static string Display(this IMethodSymbol method) => method.ContainingType.Name + "." + method.Name;

    /// <summary>A name, with an <c>@</c> if it is a keyword or a contextual keyword.</summary>
    public static string Escape(string name) =>
        SyntaxFacts.GetKeywordKind(name) != SyntaxKind.None || SyntaxFacts.GetContextualKeywordKind(name) != SyntaxKind.None ? "@" + name : name;

    /// <summary>A type's name, with an <c>@</c> if it is a keyword or all lowercase, which the compiler warns of.</summary>
    public static string EscapeType(string name) => name.All(character => character is >= 'a' and <= 'z') ? "@" + name : Escape(name);

    public static bool Is(this ISymbol? symbol, string @namespace, string name) =>
        symbol is not null && symbol.MetadataName == name && symbol.ContainingType is null && IsNamespace(symbol.ContainingNamespace, @namespace);

    public static bool IsNamespace(INamespaceSymbol? symbol, string name)
    {
        var end = name.Length;
        while (symbol is { IsGlobalNamespace: false })
        {
            var start = end - symbol.Name.Length;
            if (start < 0 || string.CompareOrdinal(name, start, symbol.Name, 0, symbol.Name.Length) != 0)
            {
                return false;
            }

            symbol = symbol.ContainingNamespace;
            if (start == 0)
            {
                return symbol is { IsGlobalNamespace: true };
            }

            end = start - 1;
            if (name[end] != '.')
            {
                return false;
            }
        }

        return end == 0;
    }

    /// <summary>The nested namespace of that name, or null.</summary>
    public static INamespaceSymbol? Namespace(this INamespaceSymbol space, string name) => space.GetMembers(name).OfType<INamespaceSymbol>().FirstOrDefault();

    public static bool IsNamespaceOrInside(INamespaceSymbol? symbol, string name)
    {
        for (var space = symbol; space is { IsGlobalNamespace: false }; space = space.ContainingNamespace)
        {
            if (IsNamespace(space, name))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether .NET declares the type. A user's namespace may also be inside <c>System</c>.</summary>
    public static bool IsOfFramework(this ITypeSymbol type)
    {
        var space = type.ContainingNamespace;
        while (space?.ContainingNamespace is { IsGlobalNamespace: false } outer)
        {
            space = outer;
        }

        return space?.Name == "System" && type.ContainingAssembly?.Name is { } assembly
            && (assembly.StartsWith("System.", StringComparison.Ordinal) || assembly is "System" or "mscorlib" or "netstandard");
    }

    public static AttributeData? Attribute(this ISymbol symbol, string @namespace, string name)
    {
        foreach (var attribute in symbol.GetAttributes())
        {
            if (attribute.AttributeClass.Is(@namespace, name))
            {
                return attribute;
            }
        }

        return null;
    }

    public static bool Has(this ISymbol symbol, string @namespace, string name) => symbol.Attribute(@namespace, name) is not null;

    /// <summary>The type and its base classes, without <see cref="object"/>.</summary>
    public static IEnumerable<INamedTypeSymbol> SelfAndBases(this INamedTypeSymbol type)
    {
        for (var current = type; current is { SpecialType: not SpecialType.System_Object }; current = current.BaseType)
        {
            yield return current;
        }
    }

    public static bool IsNullableValue(this ITypeSymbol type, out ITypeSymbol underlying)
    {
        if (type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable)
        {
            underlying = nullable.TypeArguments[0];
            return true;
        }

        underlying = type;
        return false;
    }

    /// <summary>Whether the parameter accepts null, by its type or by a nullability attribute.</summary>
    public static bool TakesNull(this IParameterSymbol parameter) =>
        !parameter.Has(CodeAnalysis, "DisallowNullAttribute")
        && (parameter.Type.IsNullable() || (!parameter.Type.IsValueType && parameter.Has(CodeAnalysis, "AllowNullAttribute")));

    /// <summary>Whether the returned value, or the result of the returned task, may be null.</summary>
    public static bool MayReturnNull(this IMethodSymbol method) =>
        method.ReturnType.IsNullable()
        || (method.ReturnType is INamedTypeSymbol { TypeArguments: [var argument] } && argument.IsNullable())
        || method.GetReturnTypeAttributes().Any(attribute => attribute.AttributeClass.Is(CodeAnalysis, "MaybeNullAttribute"));

    public static bool IsNullable(this ITypeSymbol type) =>
        (type.NullableAnnotation == NullableAnnotation.Annotated && !type.IsValueType) || type.IsNullableValue(out _);

    /// <summary>Whether generated code, in a separate file of <paramref name="assembly"/>, can name the type.</summary>
    public static bool IsReachable(this ITypeSymbol type, Compilation compilation, IAssemblySymbol assembly) => type switch
    {
        IArrayTypeSymbol array => array.ElementType.IsReachable(compilation, assembly),
        INamedTypeSymbol named => !IsFileLocal(named) && compilation.IsSymbolAccessibleWithin(named, assembly)
            && named.TypeArguments.All(argument => argument.IsReachable(compilation, assembly)),
        _ => true,
    };

    public static bool IsFileLocal(this INamedTypeSymbol type) =>
        type.IsFileLocal || (type.ContainingType is { } outer && outer.IsFileLocal());

    public static bool IsGeneric(this INamedTypeSymbol type) =>
        type.IsGenericType || (type.ContainingType is { } outer && outer.IsGeneric());

    public static bool IsPartial(this INamedTypeSymbol type, CancellationToken cancellationToken) =>
        type.DeclaringSyntaxReferences is [var reference, ..]
        && reference.GetSyntax(cancellationToken) is Microsoft.CodeAnalysis.CSharp.Syntax.TypeDeclarationSyntax syntax
        && syntax.Modifiers.Any(SyntaxKind.PartialKeyword)
        && (type.ContainingType is null || type.ContainingType.IsPartial(cancellationToken));

    /// <summary>
    /// Whether using the symbol is an error because of [Obsolete(…, error: true)] on it, on its overridden member, or on a containing type.
    /// </summary>
    public static bool IsObsoleteError(this ISymbol symbol) =>
        symbol.Attribute("System", "ObsoleteAttribute") is { ConstructorArguments: [_, { Value: true }] }
        || (symbol is IMethodSymbol { OverriddenMethod: { } overridden } && overridden.IsObsoleteError())
        || (symbol is INamedTypeSymbol { ContainingType: { } outer } && outer.IsObsoleteError());

    public static Location FirstLocation(this ISymbol symbol) =>
        symbol.Locations.FirstOrDefault(location => location.IsInSource) ?? Location.None;
}
