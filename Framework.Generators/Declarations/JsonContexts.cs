using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>Finds the types that a JsonSerializerContext declares, and the types reached from them.</summary>
internal static class JsonContexts
{
    private const string Serialization = "System.Text.Json.Serialization";

    // The cache entry lives as long as the symbol, and the symbol as long as its compilation.
    private static readonly ConditionalWeakTable<INamedTypeSymbol, KnownTypes> s_known = new();

    /// <summary>The problem of a type that is named as JsonContext, or <see langword="null"/>.</summary>
    public static string? Problem(ITypeSymbol type, Compilation compilation, IAssemblySymbol assembly, CancellationToken cancellationToken)
    {
        if (type is not INamedTypeSymbol context || !context.SelfAndBases().Any(level => level.Is(Serialization, "JsonSerializerContext")))
        {
            return "is not a JsonSerializerContext: derive it from that class";
        }

        if (context.IsGeneric() || context.IsAbstract || !context.IsReachable(compilation, assembly))
        {
            return "can't be used by generated code: make it an internal or public class that is neither abstract nor generic";
        }

        // System.Text.Json generates the property Default. Other generators don't see it yet.
        if (context.GetMembers("Default").Any(member => member.IsStatic && compilation.IsSymbolAccessibleWithin(member, assembly)))
        {
            return null;
        }

        if (!context.IsPartial(cancellationToken))
        {
            return "is not partial, so nothing is generated for it: make it a partial class";
        }

        return context.Has(Serialization, "JsonSerializableAttribute")
            ? null
            : "declares no type, so nothing is generated for it: add [JsonSerializable(typeof(…))] for each payload";
    }

    /// <summary>Whether the context has metadata for the type. True also if this is unknown.</summary>
    public static bool Knows(INamedTypeSymbol context, ITypeSymbol type)
    {
        var known = s_known.GetValue(context, static symbol => new KnownTypes(symbol));
        return known.IsOpen || known.Contains(type);
    }

    /// <summary>The types that the context declares, and those reached from them.</summary>
    public static IEnumerable<ITypeSymbol> TypesOf(INamedTypeSymbol context) =>
        s_known.GetValue(context, static symbol => new KnownTypes(symbol)).All;

    /// <summary>The types that are serialized with a type: its items, its members, and its declared derived types.</summary>
    /// <param name="type">The type.</param>
    /// <param name="hasFields">Whether fields without an attribute count. A context has metadata for them, even if unread.</param>
    public static IEnumerable<ITypeSymbol> Reached(ITypeSymbol type, bool hasFields) => KnownTypes.Reached(type, hasFields);

    /// <summary>Reports a type that the context can only serialize, not deserialize.</summary>
    public static void ReportWriteOnly(ProblemSink problems, INamedTypeSymbol context, ITypeSymbol type, Func<Location> location) => problems.Report(
        Rules.NotInContext,
        location,
        type.Display(),
        $"can't be read by '{context.Name}', which has GenerationMode.Serialization for it: remove the GenerationMode, or use Metadata or Default");

    /// <summary>Reports a type that the context doesn't know. The properties name the type and the context for the code fix.</summary>
    public static void ReportUnknown(ProblemSink problems, INamedTypeSymbol context, ITypeSymbol type, Func<Location> location)
    {
        var display = type.Display().TrimEnd(type.IsReferenceType ? '?' : '\0');
        problems.Report(
            Rules.NotInContext,
            location,
            ImmutableDictionary<string, string?>.Empty.Add("Type", type.CodeForTypeOf()).Add("Context", MetadataName(context))
                .Add("Name", JsonNames.Of(type)).Add("UniqueName", JsonNames.Unique(type)).Add("IsTaken", JsonNames.IsTaken(context, type) ? "true" : null),
            display,
            $"is not in '{context.Name}': add [JsonSerializable(typeof({display}))] to it");
    }

    private static string MetadataName(INamedTypeSymbol type) =>
        type.ContainingType is { } outer ? MetadataName(outer) + "+" + type.MetadataName : type.FullName();

    private sealed class KnownTypes
    {
        private readonly HashSet<ITypeSymbol> _types = new(SymbolEqualityComparer.Default);
        private readonly TypeSearch _search = new();

        public KnownTypes(INamedTypeSymbol context)
        {
            var any = false;
            foreach (var type in context.SelfAndBases())
            {
                foreach (var attribute in type.GetAttributes())
                {
                    if (!attribute.AttributeClass.Is(Serialization, "JsonSerializableAttribute"))
                    {
                        continue;
                    }

                    any = true;
                    if (attribute.ConstructorArguments is [{ Kind: TypedConstantKind.Type, Value: ITypeSymbol { TypeKind: not TypeKind.Error } root }])
                    {
                        Add(root);
                    }
                    else
                    {
                        IsOpen = true;
                    }
                }
            }

            // The context is written by hand, or comes from an assembly that dropped the attributes.
            IsOpen |= !any;
        }

        /// <summary>Whether the list may be incomplete, for example because an attribute is still being typed.</summary>
        public bool IsOpen { get; private set; }

        public IEnumerable<ITypeSymbol> All => _types;

        public bool Contains(ITypeSymbol type) => _types.Contains(type.WithNullableAnnotation(NullableAnnotation.None)) || _types.Contains(type);

        private void Add(ITypeSymbol root)
        {
            var pending = new Stack<ITypeSymbol>();
            pending.Push(root);
            while (pending.Count > 0)
            {
                var type = pending.Pop();
                if (TypeSearch.IsTooLarge(type) || (!_types.Contains(type) && !_search.Enters(type)))
                {
                    // The type reaches ever larger constructions of itself. The types beyond the limit are unknown.
                    IsOpen = true;
                    continue;
                }

                if (!_types.Add(type))
                {
                    continue;
                }

                foreach (var next in Reached(type, hasFields: true))
                {
                    pending.Push(next);
                }
            }
        }

        public static IEnumerable<ITypeSymbol> Reached(ITypeSymbol type, bool hasFields)
        {
            if (type is IArrayTypeSymbol array)
            {
                return [array.ElementType];
            }

            if (type is not INamedTypeSymbol named || type.SpecialType is SpecialType.System_String or SpecialType.System_Object)
            {
                return [];
            }

            if (named.IsNullableValue(out var underlying))
            {
                return [underlying];
            }

            if (type.TypeKind is TypeKind.Enum or TypeKind.Delegate || JsonMembers.IsConverted(type))
            {
                return [];
            }

            var elements = Elements(named).ToList();
            return elements.Count > 0 ? elements.Concat(DerivedTypes(named)) : Members(named, hasFields).Concat(DerivedTypes(named));
        }

        /// <summary>The type arguments that are the items of a collection.</summary>
        private static IEnumerable<ITypeSymbol> Elements(INamedTypeSymbol type) =>
            type.AllInterfaces.Append(type)
                .Where(candidate => candidate.TypeKind == TypeKind.Interface && candidate.IsGenericType && candidate.MetadataName
                    is "IEnumerable`1" or "IAsyncEnumerable`1" or "IDictionary`2" or "IReadOnlyDictionary`2")
                .SelectMany(candidate => candidate.TypeArguments)
                .Concat(IsMemory(type) ? type.TypeArguments : []);

        private static bool IsMemory(INamedTypeSymbol type) => type.Is("System", "Memory`1") || type.Is("System", "ReadOnlyMemory`1");

        private static IEnumerable<ITypeSymbol> Members(INamedTypeSymbol type, bool hasFields)
        {
            // Framework types have converters. Only pairs and tuples are read by their members.
            if (type.IsOfFramework() && !type.IsTupleType && !type.Is("System.Collections.Generic", "KeyValuePair`2") && !type.Name.EndsWith("Tuple", StringComparison.Ordinal))
            {
                yield break;
            }

            var levels = type.TypeKind == TypeKind.Interface ? type.AllInterfaces.Append(type) : type.SelfAndBases();
            foreach (var member in levels.SelectMany(level => level.GetMembers()))
            {
                if (member.IsStatic || JsonMembers.IsIgnored(member))
                {
                    continue;
                }

                var isIncluded = member.DeclaredAccessibility == Accessibility.Public || member.Has(Serialization, "JsonIncludeAttribute");
                if (!isIncluded)
                {
                    continue;
                }

                switch (member)
                {
                    case IPropertySymbol { IsIndexer: false } property when !JsonMembers.IsConverted(property):
                        yield return property.Type;
                        break;
                    case IFieldSymbol { IsImplicitlyDeclared: false } field when (hasFields || field.Has(Serialization, "JsonIncludeAttribute")) && !JsonMembers.IsConverted(field):
                        yield return field.Type;
                        break;
                }
            }
        }

        private static IEnumerable<ITypeSymbol> DerivedTypes(INamedTypeSymbol type) =>
            type.GetAttributes()
                .Where(attribute => attribute.AttributeClass.Is(Serialization, "JsonDerivedTypeAttribute"))
                .Select(attribute => attribute.ConstructorArguments.FirstOrDefault() is { Kind: TypedConstantKind.Type, Value: ITypeSymbol derived } ? derived : null)
                .OfType<ITypeSymbol>();
    }
}
