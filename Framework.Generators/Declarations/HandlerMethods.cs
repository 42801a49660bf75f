using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>
/// The methods of a class and its base classes that have one of the framework's attributes. Overridden and hidden methods are excluded.
/// </summary>
internal sealed class HandlerMethods
{
    private readonly List<(MethodRole Role, IMethodSymbol Method)> _lifecycle = [];

    // The compiler has reported an attribute with errors, which may become one of the framework's when it is complete.
    private bool _hasUnfinished;

    public List<(IMethodSymbol Method, AttributeData Attribute)> Messages { get; } = [];

    /// <summary>Methods without a framework attribute that hide a method with one. The hidden method is never called.</summary>
    public List<(IMethodSymbol By, IMethodSymbol Method)> Hidden { get; } = [];

    public bool IsEmpty => Messages.Count == 0 && _lifecycle.Count == 0 && !_hasUnfinished;

    public IEnumerable<IMethodSymbol> Lifecycle(MethodRole role) =>
        _lifecycle.Where(entry => entry.Role == role).Select(entry => entry.Method);

    public static HandlerMethods Collect(INamedTypeSymbol type)
    {
        var methods = new HandlerMethods();
        var hasBase = type.BaseType is { SpecialType: not SpecialType.System_Object };
        var signatures = new Dictionary<string, IMethodSymbol>(StringComparer.Ordinal);
        foreach (var level in type.SelfAndBases())
        {
            foreach (var method in level.GetMembers().OfType<IMethodSymbol>())
            {
                if (method.MethodKind is MethodKind.Constructor or MethodKind.StaticConstructor or MethodKind.Destructor)
                {
                    continue;
                }

                // Derived classes are read first, so the overriding or hiding method is already known. A private method can't be hidden.
                if (hasBase && method.DeclaredAccessibility != Accessibility.Private)
                {
                    var signature = Signature(method);
                    if (signatures.TryGetValue(signature, out var hiding))
                    {
                        methods.AddHidden(hiding, method);
                        continue;
                    }

                    signatures.Add(signature, method);
                }

                methods.Add(method);
            }
        }

        return methods;
    }

    private void Add(IMethodSymbol method)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var source = method; source is not null; source = source.OverriddenMethod)
        {
            foreach (var attribute in source.GetAttributes())
            {
                _hasUnfinished |= attribute.AttributeClass is null or { TypeKind: TypeKind.Error };
                // An attribute on the override replaces the same attribute on the overridden method.
                if (!Symbols.IsNamespace(attribute.AttributeClass?.ContainingNamespace, Attributes.Namespace) || !seen.Add(attribute.AttributeClass!.Name))
                {
                    continue;
                }

                switch (attribute.AttributeClass.Name)
                {
                    case Attributes.Message or Attributes.AnyMessage:
                        if (attribute.HasErrors())
                        {
                            _hasUnfinished = true;
                        }
                        else
                        {
                            Messages.Add((method, attribute));
                        }

                        break;
                    case Attributes.OnUpgrading:
                        _lifecycle.Add((MethodRole.OnUpgrading, method));
                        break;
                    case Attributes.OnConnected:
                        _lifecycle.Add((MethodRole.OnConnected, method));
                        break;
                    case Attributes.OnUpgraded:
                        _lifecycle.Add((MethodRole.OnUpgraded, method));
                        break;
                    case Attributes.Background:
                        _lifecycle.Add((MethodRole.Background, method));
                        break;
                    case Attributes.OnDisconnected:
                        _lifecycle.Add((MethodRole.OnDisconnected, method));
                        break;
                }
            }
        }
    }

    private void AddHidden(IMethodSymbol by, IMethodSymbol method)
    {
        for (var overridden = by.OverriddenMethod; overridden is not null; overridden = overridden.OverriddenMethod)
        {
            if (SymbolEqualityComparer.Default.Equals(overridden.OriginalDefinition, method.OriginalDefinition))
            {
                return;
            }
        }

        if (HasRole(method) && !HasRole(by))
        {
            Hidden.Add((by, method));
        }
    }

    private static bool HasRole(IMethodSymbol method) => method.GetAttributes().Any(attribute =>
        Symbols.IsNamespace(attribute.AttributeClass?.ContainingNamespace, Attributes.Namespace) && Attributes.OfMethods.Contains(attribute.AttributeClass!.Name));

    private static string Signature(IMethodSymbol method) =>
        $"{method.Name}`{method.Arity}({string.Join(",", method.Parameters.Select(parameter => (parameter.RefKind == RefKind.None ? "" : "&") + parameter.Type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat)))})";
}
