using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>Reads a handler: its protocols, its constructor, and its methods for each protocol.</summary>
internal sealed class HandlerReader(INamedTypeSymbol type, Compilation compilation, ProblemSink problems, CancellationToken cancellationToken)
{
    private readonly MethodReader _methods = new(type, compilation, problems);

    public HandlerModel? Read()
    {
        if (!Surroundings.Check(compilation, type, problems))
        {
            return null;
        }

        using var named = new NamedSymbols(compilation);
        return ReadProtocols() is { } handler && named.Check(type, problems) ? handler with { Head = named.Head } : null;
    }

    private HandlerModel? ReadProtocols()
    {
        var canCreate = IsCreatable();
        var declared = HandlerMethods.Collect(type);
        var hasOnlyCatchAlls = declared.Messages.Count > 0 && declared.Messages.All(message => message.Attribute is { ConstructorArguments.IsEmpty: true });
        var protocols = new ProtocolReader(type, compilation, problems, cancellationToken).Read(hasOnlyCatchAlls);
        var constructor = canCreate ? new ConstructorReader(type, compilation, problems, protocols).Read() : null;
        if (declared.IsEmpty && declared.Hidden.Count == 0 && !type.GetAttributes().Any(attribute => attribute.IsOurs(Attributes.UpgradeProtocol) && attribute.HasErrors()))
        {
            problems.Report(Rules.EmptyHandler, type.FirstLocation, type.Name);
        }

        foreach (var (by, method) in declared.Hidden)
        {
            problems.Report(
                Rules.MethodShape,
                () => by.FirstLocation() is { IsInSource: true } location ? location : type.FirstLocation(),
                by.Display(),
                $"hides '{method.Display()}', so the hidden method is never called: override it, repeat the attribute, or rename one of them");
        }

        var messages = new MessageReader(type, problems, _methods, protocols).Read(declared.Messages, cancellationToken);
        var upgrading = ReadLifecycle(declared, MethodRole.OnUpgrading, protocols);
        var connected = ReadLifecycle(declared, MethodRole.OnConnected, protocols);
        var upgraded = ReadLifecycle(declared, MethodRole.OnUpgraded, protocols);
        var background = ReadLifecycle(declared, MethodRole.Background, protocols);
        var disconnected = ReadLifecycle(declared, MethodRole.OnDisconnected, protocols);
        var servable = protocols.Where(protocol => CanBeServed(protocol, declared, upgraded, protocols)).ToList();
        if (constructor is null || servable.Count == 0)
        {
            return null;
        }

        return new HandlerModel(
            type.FullName(),
            type.CodeForTypeOf(),
            FileOf(type),
            servable.Select(protocol => protocol.Model).ToEquatableArray(),
            constructor.Value,
            messages.Where(message => message.Protocols.Any(index => servable.Exists(protocol => protocol.Model.Index == index))).ToEquatableArray(),
            upgrading,
            connected,
            upgraded,
            background,
            disconnected,
            ReadForeignContracts(servable));
    }

    private bool IsCreatable()
    {
        var problem = type switch
        {
            { IsStatic: true } => "it is static; make it an instance class",
            { IsAbstract: true } => "it is abstract; make it concrete, or move [UpgradeProtocol] to a derived class",
            _ when type.IsGeneric() => "it is generic or nested in a generic class; declare a class without type parameters",
            _ when type.IsFileLocal() => "it is local to its file; make it internal or public",
            _ when !compilation.IsSymbolAccessibleWithin(type, type.ContainingAssembly) =>
                "it is not accessible to generated code; make it and its containing classes internal or public",
            _ when type.IsObsoleteError() => "it is obsolete as an error; remove [UpgradeProtocol], or the class",
            _ => null,
        };
        if (problem is null)
        {
            return true;
        }

        problems.Report(Rules.HandlerNotCreatable, type.FirstLocation, type.Name, problem);
        return false;
    }

    private MethodModel? ReadLifecycle(HandlerMethods declared, MethodRole role, IReadOnlyList<ProtocolDraft> protocols)
    {
        MethodModel? first = null;
        IMethodSymbol? firstSymbol = null;
        foreach (var method in declared.Lifecycle(role))
        {
            if (firstSymbol is not null)
            {
                problems.Report(
                    Rules.Lifecycle, method.FirstLocation, method.Display(), $"is a second method with [{role}] in addition to '{firstSymbol.Display()}': combine both into one");
                continue;
            }

            firstSymbol = method;
            first = _methods.Read(method, role, [.. protocols.Select(protocol => (protocol.Model.Path, protocol.PathParameters))]);
        }

        return first;
    }

    // A raw protocol has exactly one way to read its bytes: framing and messages, or a method that takes the pipe.
    private bool CanBeServed(ProtocolDraft protocol, HandlerMethods declared, MethodModel? upgraded, IReadOnlyList<ProtocolDraft> protocols)
    {
        var pipe = declared.Lifecycle(MethodRole.OnUpgraded).FirstOrDefault();
        var model = protocol.Model;
        if (model.Kind == ProtocolKind.WebSocket)
        {
            if (pipe is not null && protocols.All(other => other.Model.Kind == ProtocolKind.WebSocket))
            {
                problems.Report(
                    Rules.RawShape,
                    pipe.FirstLocation,
                    model.DisplayName,
                    $"is a WebSocket protocol, which sends frames, so '{pipe.Display()}' is never called: set Kind = UpgradeKind.Raw, or receive messages with [Message]");
            }

            return true;
        }

        var hasMessages = declared.Messages.Any(message =>
            message.Attribute.Texts("Versions") is not { } versions || versions.Contains(model.Name ?? ""));
        var problem = (hasMessages, pipe is not null, model.Framing is not null) switch
        {
            (true, true, _) => "has both [Message] methods and an [OnUpgraded] method, and both read its bytes: keep one kind, or restrict the messages with Versions",
            (true, false, false) => "has [Message] methods but no framing that delimits its messages: set Framing, for example to typeof(LineFraming)",
            (false, true, true) => "has a Framing and an [OnUpgraded] method, which reads the bytes without framing: remove one",
            (false, false, false) => "has no method that reads its bytes: add one with [OnUpgraded], or set Framing and receive messages with [Message]",
            _ => null,
        };
        if (problem is null)
        {
            return pipe is null || upgraded is not null;
        }

        problems.Report(Rules.RawShape, () => protocol.Attribute.FindLocation(type), model.DisplayName, problem);
        return false;
    }

    private EquatableArray<ContractModel> ReadForeignContracts(List<ProtocolDraft> protocols)
    {
        var contracts = new List<ContractModel>();
        foreach (var client in protocols.Select(protocol => protocol.Client).OfType<INamedTypeSymbol>())
        {
            // The contract's own assembly implements it, unless that assembly references only the attributes.
            if (!SymbolEqualityComparer.Default.Equals(client.ContainingAssembly, type.ContainingAssembly)
                && !client.ContainingAssembly.Has("UpgradeProtocols.Runtime", "UpgradeProtocolModuleAttribute")
                && new ContractReader(client, type.ContainingAssembly, compilation, new ProblemSink(null)).Read() is { } contract
                && !contracts.Contains(contract))
            {
                contracts.Add(contract);
            }
        }

        return contracts.ToEquatableArray();
    }

    private static string FileOf(INamedTypeSymbol type)
    {
        var path = type.GetAttributes().FirstOrDefault(attribute => attribute.IsOurs(Attributes.UpgradeProtocol))?.ApplicationSyntaxReference?.SyntaxTree.FilePath ?? "";
        return path.Substring(path.LastIndexOfAny(['/', '\\']) + 1);
    }
}
