using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>Reads the methods of a handler: whether generated code can call them, with which arguments, and their results.</summary>
internal sealed partial class MethodReader(INamedTypeSymbol handler, Compilation compilation, ProblemSink problems)
{
    private const string Ours = Attributes.Namespace;

    /// <summary>Reads a method, or reports the reason that it can't be called.</summary>
    /// <param name="method">The method.</param>
    /// <param name="role">The kind of method that it is declared to be.</param>
    /// <param name="paths">The paths of the protocols that have the method, with the names of their parameters.</param>
    /// <param name="bindsParameters">Whether the formats of all of these protocols bind several payload parameters.</param>
    public MethodModel? Read(
        IMethodSymbol method, MethodRole role, IReadOnlyCollection<(string Path, EquatableArray<string> Parameters)> paths, bool bindsParameters = false)
    {
        if (!CanBeCalled(method, role) || ReadReturn(method, role) is not { } returns)
        {
            return null;
        }

        var parameters = new List<ParameterModel>();
        var isRight = true;
        IParameterSymbol? payload = null;
        foreach (var parameter in method.Parameters)
        {
            var model = ReadParameter(method, parameter, role, paths);
            if (model is null)
            {
                isRight = false;
            }
            else if (model.Source == ParameterSource.Payload && payload is not null && ProblemOfSecond(model, payload, parameters, bindsParameters) is { } problem)
            {
                problems.Report(Rules.Parameter, parameter.FirstLocation, parameter.Name, method.Display(), problem);
                isRight = false;
            }
            else
            {
                parameters.Add(model);
                payload = model.Source == ParameterSource.Payload ? parameter : payload;
            }
        }

        return isRight ? Model(method, parameters, returns) : null;
    }

    /// <summary>Whether the compiler has already reported that the type doesn't exist.</summary>
    public static bool ContainsError(ITypeSymbol type) => type switch
    {
        { TypeKind: TypeKind.Error } => true,
        IArrayTypeSymbol array => ContainsError(array.ElementType),
        IPointerTypeSymbol pointer => ContainsError(pointer.PointedAtType),
        INamedTypeSymbol named => named.TypeArguments.Any(ContainsError),
        _ => false,
    };

    private static string? ProblemOfSecond(ParameterModel second, IParameterSymbol first, List<ParameterModel> before, bool bindsParameters) => bindsParameters switch
    {
        false => $"is a second payload in addition to '{first.Name}': combine both into one type, or mark a service with [FromServices]",
        _ when second.TakesWhole => $"takes the whole payload, but '{first.Name}' takes a part of it: remove one of them",
        _ when before.Exists(parameter => parameter.Payload is not null && Literals.CamelCase(parameter.Key!) == Literals.CamelCase(second.Key!)) =>
            $"is '{Literals.CamelCase(second.Key!)}' on the wire, like another parameter: rename one of them",
        _ when before.Exists(parameter => parameter.TakesWhole) => $"takes a part of the payload, but '{first.Name}' takes the whole payload: remove one of them",
        _ => null,
    };

    private MethodModel Model(IMethodSymbol method, List<ParameterModel> parameters, (ReturnShape Shape, ITypeSymbol? Result) returns)
    {
        for (var declared = method; declared is not null; declared = declared.OverriddenMethod)
        {
            NamedSymbols.Note(declared);
        }

        return new MethodModel(
            Symbols.Escape(method.Name),
            method.IsStatic ? method.ContainingType.Code() : null,
            BaseOf(method)?.Code(),
            parameters.ToEquatableArray(),
            returns.Shape,
            returns.Result is { } result ? Payloads.Read(result) : null,
            AccessReader.Read(method))
        {
            MayReturnNull = method.MayReturnNull(),
        };
    }

    // Overload resolution could prefer a method of the handler to one of its base class. Then the call is made through the base type.
    private INamedTypeSymbol? BaseOf(IMethodSymbol method)
    {
        if (method.IsStatic)
        {
            return null;
        }

        var declared = method;
        while (declared.OverriddenMethod is { } overridden)
        {
            declared = overridden;
        }

        var isOfHandler = SymbolEqualityComparer.Default.Equals(declared.ContainingType, handler);
        return isOfHandler || (method.IsOverride && !HasOverload(declared)) ? null : declared.ContainingType;
    }

    // Overload resolution treats an override as declared in the base class, after all methods of the derived classes.
    private bool HasOverload(IMethodSymbol declared) => handler.SelfAndBases()
        .TakeWhile(level => !SymbolEqualityComparer.Default.Equals(level, declared.ContainingType))
        .SelectMany(level => level.GetMembers(declared.Name))
        .Any(member => member is IMethodSymbol { IsOverride: false });

    private bool CanBeCalled(IMethodSymbol method, MethodRole role)
    {
        if (method is { IsAsync: true, ReturnsVoid: true })
        {
            problems.Report(Rules.AsyncVoid, () => LocationOf(method), method.Display());
            return false;
        }

        var problem = method switch
        {
            { MethodKind: not MethodKind.Ordinary } => "is not an ordinary method: move the attribute to an ordinary method",
            { IsGenericMethod: true } => "is generic: declare a method without type parameters",
            _ when method.IsObsoleteError() => "is obsolete as an error: remove its attribute, or the method",
            _ when !compilation.IsSymbolAccessibleWithin(method, handler.ContainingAssembly) =>
                "is not accessible to generated code: make it internal or public",
            _ when AccessReader.TypesOf(method).FirstOrDefault(rule => !compilation.IsSymbolAccessibleWithin(rule, handler.ContainingAssembly)) is { } rule =>
                $"has the attribute {rule.Name}, which is not accessible to generated code: make it internal or public",
            _ => null,
        };
        if (problem is not null)
        {
            // In an inaccessible class all methods are inaccessible. Then only the class itself is reported.
            if (compilation.IsSymbolAccessibleWithin(handler, handler.ContainingAssembly))
            {
                problems.Report(Rules.MethodShape, () => LocationOf(method), method.Display(), problem);
            }

            return false;
        }

        foreach (var parameter in method.Parameters)
        {
            if (parameter.RefKind is not (RefKind.None or RefKind.In))
            {
                problems.Report(
                    role == MethodRole.Message ? Rules.MethodShape : Rules.Lifecycle,
                    () => LocationOf(parameter),
                    method.Display(),
                    $"takes '{parameter.Name}' by reference: take it by value");
                return false;
            }
        }

        return true;
    }

    // Problems in another assembly are reported at the handler.
    private Location LocationOf(ISymbol symbol) => symbol.FirstLocation() is { IsInSource: true } location ? location : handler.FirstLocation();
}
