using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>Reads the projections of a client contract: static methods that convert a payload for some protocols.</summary>
internal sealed class ProjectionReader(INamedTypeSymbol contract, IAssemblySymbol assembly, Compilation compilation, ProblemSink problems)
{
    private readonly List<(ITypeSymbol Payload, EquatableArray<string> Protocols, IMethodSymbol Method)> _read = [];

    /// <summary>The methods that are marked as projections, with their attributes.</summary>
    public static IEnumerable<(IMethodSymbol Method, AttributeData Attribute)> Declared(INamedTypeSymbol contract)
    {
        foreach (var method in contract.AllInterfaces.Insert(0, contract).SelectMany(level => level.GetMembers()).OfType<IMethodSymbol>())
        {
            if (method.Attribute(Attributes.Namespace, Attributes.Projection) is { } attribute)
            {
                yield return (method, attribute);
            }
        }
    }

    public static EquatableArray<string> ProtocolsOf(AttributeData attribute) => attribute.ConstructorArguments is [{ Kind: TypedConstantKind.Array, IsNull: false } names]
        ? names.Values.Select(name => name.Value as string ?? "").ToEquatableArray()
        : [];

    /// <summary>The projection of a payload for a protocol, or <see langword="null"/>.</summary>
    public static IMethodSymbol? Find(INamedTypeSymbol contract, string? protocol, ITypeSymbol payload) =>
        protocol is null
            ? null
            : Declared(contract).FirstOrDefault(declared =>
                declared.Method is { IsStatic: true, Parameters: [{ } parameter] }
                && SymbolEqualityComparer.Default.Equals(parameter.Type, payload)
                && ProtocolsOf(declared.Attribute).Contains(protocol)).Method;

    /// <summary>Reads all projections. Returns whether they are valid.</summary>
    public bool TryRead()
    {
        var isRight = true;
        foreach (var (method, attribute) in Declared(contract))
        {
            if (attribute.HasErrors() || MethodReader.ContainsError(method.ReturnType) || method.Parameters.Any(parameter => MethodReader.ContainsError(parameter.Type)))
            {
                isRight = false;
                continue;
            }

            var problem = ProblemOf(method) ?? ProblemOf(method, ProtocolsOf(attribute));
            if (problem is not null)
            {
                problems.Report(Rules.Projection, () => LocationOf(method), method.Display(), problem);
                isRight = false;
            }
            else if (Payloads.Problem(method.ReturnType, canBeSpan: false) is { } shape)
            {
                problems.Report(Rules.NotAPayload, () => LocationOf(method), method.ReturnType.Display(), method.Display(), shape);
                isRight = false;
            }
            else
            {
                NamedSymbols.Note(method);
                _read.Add((method.Parameters[0].Type, ProtocolsOf(attribute), method));
            }
        }

        return isRight;
    }

    /// <summary>The projections of a payload.</summary>
    public EquatableArray<ProjectionModel> Of(ITypeSymbol? payload) =>
        _read.Where(projection => SymbolEqualityComparer.Default.Equals(projection.Payload, payload))
            .Select(projection => new ProjectionModel(
                projection.Protocols, projection.Method.ContainingType.Code(), Symbols.Escape(projection.Method.Name), Payloads.Read(projection.Method.ReturnType), projection.Method.ReturnType.Code()))
            .OrderBy(projection => projection.Protocols[0], StringComparer.Ordinal)
            .ThenBy(projection => projection.Method, StringComparer.Ordinal)
            .ToEquatableArray();

    private string? ProblemOf(IMethodSymbol method)
    {
        if (!method.IsStatic || method.IsAbstract || method.IsVirtual)
        {
            return "is not a static method with a body, so generated code can't call it: make it static and add a body";
        }

        if (method.IsGenericMethod)
        {
            return "is generic: declare a method without type parameters";
        }

        if (!compilation.IsSymbolAccessibleWithin(method, assembly) || method.IsObsoleteError())
        {
            return "is not accessible to generated code: make it public or internal";
        }

        if (method.Parameters is not [{ RefKind: RefKind.None } parameter])
        {
            return "must take one payload by value: declare one parameter of the message's payload type";
        }

        if (method.ReturnsVoid || method.RefKind != RefKind.None || ContractReader.IsTask(method.ReturnType))
        {
            return $"returns '{method.ReturnType.Display()}': return the payload of the other protocols, without a task";
        }

        var messages = contract.AllInterfaces.Insert(0, contract).SelectMany(level => level.GetMembers()).OfType<IMethodSymbol>()
            .Where(message => message.Has(Attributes.Namespace, Attributes.Message))
            .SelectMany(message => message.Parameters.Where(candidate => SymbolEqualityComparer.Default.Equals(candidate.Type, parameter.Type)))
            .ToList();
        if (messages.Count == 0)
        {
            return $"takes '{parameter.Type.Display()}', which no message of '{contract.Name}' has: take the payload of a message";
        }

        return parameter.NullableAnnotation == NullableAnnotation.NotAnnotated && messages.Exists(candidate => candidate.NullableAnnotation == NullableAnnotation.Annotated)
            ? $"takes '{parameter.Type.Display()}', but a message may have null: take '{parameter.Type.Display()}?'"
            : null;
    }

    private string? ProblemOf(IMethodSymbol method, EquatableArray<string> protocols)
    {
        if (protocols.Count == 0 || protocols.Any(protocol => protocol.Length == 0))
        {
            return "names no protocol: name the protocols that have this shape, for example [Projection(\"chat.v1\")]";
        }

        foreach (var (payload, taken, other) in _read)
        {
            if (SymbolEqualityComparer.Default.Equals(payload, method.Parameters[0].Type) && protocols.FirstOrDefault(taken.Contains) is { } twice)
            {
                return $"projects '{payload.Display()}' for '{twice}', and '{other.Name}' does the same: remove one";
            }
        }

        return null;
    }

    private Location LocationOf(ISymbol symbol) => symbol.FirstLocation() is { IsInSource: true } location ? location : contract.FirstLocation();
}
