using System.Collections.Concurrent;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>The types that a compilation registers as services. They are collected while the analyzer visits its code.</summary>
internal sealed class RegisteredServices
{
    private const string Injection = "Microsoft.Extensions.DependencyInjection";

    private static readonly HashSet<string> s_methods = new(StringComparer.Ordinal)
    {
        "AddSingleton", "AddScoped", "AddTransient", "AddKeyedSingleton", "AddKeyedScoped", "AddKeyedTransient",
        "TryAddSingleton", "TryAddScoped", "TryAddTransient", "TryAddKeyedSingleton", "TryAddKeyedScoped", "TryAddKeyedTransient",
        "Singleton", "Scoped", "Transient", "KeyedSingleton", "KeyedScoped", "KeyedTransient", "Describe", "DescribeKeyed",
        "AddActivatedSingleton", "AddActivatedKeyedSingleton", "AddDbContext", "AddDbContextPool", "AddHttpClient",
    };

    private readonly ConcurrentDictionary<ITypeSymbol, bool> _types = new(SymbolEqualityComparer.Default);

    /// <summary>Visits a call. The name is checked first.</summary>
    public void Look(IInvocationOperation call)
    {
        var method = call.TargetMethod;
        if (!s_methods.Contains(method.Name) || !Symbols.IsNamespaceOrInside(method.ContainingNamespace, Injection))
        {
            return;
        }

        if (method.TypeArguments is [var service, ..])
        {
            Add(service);
        }
        else
        {
            AddTypeOf(call.Arguments);
        }
    }

    /// <summary>Visits <c>new ServiceDescriptor(typeof(T), …)</c>.</summary>
    public void Look(IObjectCreationOperation creation)
    {
        if (creation.Type is { } type && type.Is(Injection, "ServiceDescriptor"))
        {
            AddTypeOf(creation.Arguments);
        }
    }

    public bool Contains(ITypeSymbol type)
    {
        type.IsNullableValue(out type);
        var bare = type.WithNullableAnnotation(NullableAnnotation.None);
        return _types.ContainsKey(bare) || (bare is INamedTypeSymbol { IsGenericType: true } generic && _types.ContainsKey(generic.ConstructUnboundGenericType()));
    }

    // The service type precedes the implementation type.
    private void AddTypeOf(IEnumerable<IArgumentOperation> arguments)
    {
        if (arguments.OrderBy(argument => argument.Parameter?.Ordinal).Select(argument => argument.Value).OfType<ITypeOfOperation>().FirstOrDefault() is { } named)
        {
            Add(named.TypeOperand);
        }
    }

    private void Add(ITypeSymbol type) => _types.TryAdd(type.WithNullableAnnotation(NullableAnnotation.None), true);
}
