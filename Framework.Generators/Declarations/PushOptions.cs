using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace UpgradeProtocols.Declarations;

/// <summary>Reads the options of a client contract's [Message] that apply to a push while it waits in the send queue.</summary>
internal sealed class PushOptions(INamedTypeSymbol contract, IAssemblySymbol assembly, Compilation compilation, ProblemSink problems)
{
    public const string Policies = "use SlowConsumerPolicy.Wait, DropOldest, DropNewest or Close";

    public static bool IsPolicy(int value) => value is >= 0 and <= 3;

    /// <summary>Reads LatestByKey. Returns whether it is valid. The key is null if the option is not set.</summary>
    public bool TryReadKey(IMethodSymbol method, AttributeData attribute, bool isRequest, out KeyModel? key)
    {
        key = null;
        if (attribute.Text("LatestByKey") is not { } name)
        {
            return true;
        }

        var payload = method.Parameters.FirstOrDefault(parameter => !parameter.Type.Is("System.Threading", "CancellationToken"))?.Type;
        payload?.IsNullableValue(out payload);
        var member = payload is null ? null : Find(payload, name);
        var problem = (isRequest, payload, member) switch
        {
            (true, _, _) => "is on a request, which always waits for its reply: remove it",
            (_, null, _) => $"names '{name}', but the message has no payload: remove it",
            (_, { } type, null) => $"names '{name}', which is not a readable member of '{type.Display()}': use nameof({type.Name}.…)",
            (_, _, { } found) when ComparesByReference(TypeOf(found)) =>
                $"names '{name}', but two values of '{TypeOf(found).Display()}' are never equal: use a member with value equality, such as a string, a number or a record",
            _ => null,
        };
        if (problem is not null)
        {
            if (payload is not null && IsUnknownInNameof(attribute, payload, name))
            {
                // The compiler reports this error itself.
                return false;
            }

            problems.Report(Rules.LatestByKey, () => LocationOf(attribute, method), method.Display(), problem);
            return false;
        }

        NamedSymbols.Note(member!);
        if (member is IPropertySymbol { GetMethod: { } getter })
        {
            NamedSymbols.Note(getter);
        }

        var spread = new KeySpread(CanRead).Of(TypeOf(member!), KeyModel.Place);
        key = new KeyModel(Symbols.Escape(name), spread?.Type ?? TypeOf(member!).Code(), payload!.IsValueType, spread?.Value ?? KeyModel.Place);
        return true;
    }

    /// <summary>Reads SlowConsumer. Returns whether it is valid.</summary>
    public bool TryReadSlowConsumer(IMethodSymbol method, AttributeData attribute, bool isRequest, out int? policy)
    {
        policy = attribute.Value<int>("SlowConsumer");
        if (policy is { } value && !IsPolicy(value))
        {
            problems.Report(
                Rules.ClientMethod, () => LocationOf(attribute, method, "SlowConsumer"), method.Display(), $"has an invalid SlowConsumer: {Policies}");
            return false;
        }

        if (policy is null || !isRequest)
        {
            return true;
        }

        problems.Report(
            Rules.ClientMethod, () => LocationOf(attribute, method, "SlowConsumer"), method.Display(), "has SlowConsumer but is a request, which is never dropped: remove SlowConsumer");
        return false;
    }

    private ISymbol? Find(ITypeSymbol type, string name)
    {
        if (type is not INamedTypeSymbol named)
        {
            return null;
        }

        var levels = type.TypeKind == TypeKind.Interface ? type.AllInterfaces.Insert(0, named) : named.SelfAndBases();
        return levels.SelectMany(level => level.GetMembers(name)).FirstOrDefault(member => member switch
        {
            { IsStatic: true } => false,
            IPropertySymbol { IsIndexer: false, GetMethod: { } getter } property => CanName(property) && compilation.IsSymbolAccessibleWithin(getter, assembly),
            IFieldSymbol field => CanName(field),
            _ => false,
        });
    }

    private bool CanRead(ISymbol member) =>
        CanName(member) && (member is not IPropertySymbol { GetMethod: { } getter } || compilation.IsSymbolAccessibleWithin(getter, assembly));

    private bool CanName(ISymbol member) =>
        compilation.IsSymbolAccessibleWithin(member, assembly) && !member.IsObsoleteError()
        && TypeOf(member) is { IsRefLikeType: false } type and not (IPointerTypeSymbol or IFunctionPointerTypeSymbol)
        && !MethodReader.ContainsError(type);

    private static ITypeSymbol TypeOf(ISymbol member) => member is IPropertySymbol property ? property.Type : ((IFieldSymbol)member).Type;

    private static bool ComparesByReference(ITypeSymbol type) =>
        type is IArrayTypeSymbol
        || (type is INamedTypeSymbol { TypeKind: TypeKind.Class, IsRecord: false, IsAbstract: false } named
            && !named.SelfAndBases().Any(level => level.GetMembers("Equals").OfType<IMethodSymbol>().Any(method => method.IsOverride)));

    /// <summary>Whether the name is written as nameof(Payload.Member), and the payload has no such member.</summary>
    private bool IsUnknownInNameof(AttributeData attribute, ITypeSymbol payload, string name) =>
        problems.IsListening
        && attribute.FindExpression("LatestByKey") is InvocationExpressionSyntax { ArgumentList.Arguments: [{ Expression: MemberAccessExpressionSyntax access }] }
        && access.Expression.ToString().EndsWith(payload.Name, StringComparison.Ordinal)
        && !payload.AllInterfaces.AsEnumerable<ITypeSymbol>().Append(payload).Concat((payload as INamedTypeSymbol)?.SelfAndBases() ?? [])
            .Any(level => !level.GetMembers(name).IsEmpty);

    private Location LocationOf(AttributeData attribute, IMethodSymbol method, string argument = "LatestByKey") =>
        attribute.FindLocation(argument, method) is { IsInSource: true } location ? location : contract.FirstLocation();
}
