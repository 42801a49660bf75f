using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>Describes the protocols of a handler. It uses the symbols that the model doesn't keep.</summary>
internal static class DescriptionReader
{
    /// <summary>Describes the valid part of a class with [UpgradeProtocol]. Invalid declarations have their own diagnostics.</summary>
    public static EquatableArray<ProtocolDescription> Read(INamedTypeSymbol type, Compilation compilation, CancellationToken cancellationToken)
    {
        if (DeclarationReader.ReadHandler(type, compilation, report: null, cancellationToken) is not { } handler)
        {
            return [];
        }

        var declared = HandlerMethods.Collect(type);
        return handler.Protocols
            .Select(protocol => Read(type, handler, protocol, declared, compilation))
            .ToEquatableArray();
    }

    /// <summary>The method that corresponds to a message of the description.</summary>
    public static IMethodSymbol? MethodOf(INamedTypeSymbol type, string message, bool isSent) =>
        (isSent ? ContractMethods(type) : HandlerMethods.Collect(type).Messages)
            .Where(candidate => KeyOf(candidate.Attribute, candidate.Method) == message)
            .Select(candidate => candidate.Method)
            .FirstOrDefault();

    private static ProtocolDescription Read(INamedTypeSymbol type, HandlerModel handler, ProtocolModel protocol, HandlerMethods declared, Compilation compilation)
    {
        var arguments = DeclarationReader.AttributeOf(type, protocol).On(type);
        var shapes = new ShapeReader(arguments.Type("JsonContext"), protocol.Codec is not null);
        var receives = new List<MessageDescription>();
        foreach (var message in handler.MessagesOf(protocol))
        {
            var symbol = declared.Messages.FirstOrDefault(candidate => Matches(candidate, message)).Method;
            if (symbol is not null)
            {
                var result = MethodReader.ResultOf(symbol) is { } returned && message.Method.Result is not null ? shapes.Read(returned) : null;
                var isStream = message.Method.Returns == ReturnShape.Stream;
                receives.Add(new MessageDescription(
                    KeyOf(message.Name, message.Tag, symbol),
                    PayloadsOf(symbol, message.Method.Parameters.Select(parameter => parameter.Source == ParameterSource.Payload), protocol.Naming, shapes),
                    isStream ? null : result,
                    isStream ? result : null));
            }
        }

        var sends = new List<MessageDescription>();
        if (arguments.Type("Client") is INamedTypeSymbol client && protocol.Client is not null
            && new ContractReader(client, type.ContainingAssembly, compilation, new ProblemSink(null)).Read() is { } contract)
        {
            foreach (var (method, message) in ContractMethods(client))
            {
                if (message.Texts("Versions") is not { } versions || versions.Contains(protocol.Name ?? ""))
                {
                    sends.Add(new MessageDescription(
                        KeyOf(message, method),
                        PayloadsOf(method, method.Parameters.Select(parameter => !parameter.Type.Is("System.Threading", "CancellationToken")), protocol.Naming, shapes),
                        ContractReader.ReplyOf(method.ReturnType) is { } reply ? shapes.Read(reply) : null,
                        Stream: null));
                }
            }
        }

        return new ProtocolDescription(
            protocol.Name,
            protocol.Path,
            protocol.Kind == ProtocolKind.Raw ? "raw" : "websocket",
            FormatOf(protocol),
            Sorted(receives),
            Sorted(sends),
            shapes.Types);
    }

    // Includes every option that changes how the same messages are encoded.
    private static string FormatOf(ProtocolModel protocol)
    {
        if (protocol is { Kind: ProtocolKind.Raw, Framing: null })
        {
            return "bytes";
        }

        var discriminator = protocol.Format.Discriminator is { } member ? $"({member})" : "";
        var framing = protocol.Framing is { } framed ? "/" + Bare(framed) : "";
        var codec = protocol.Codec is { } named ? " with " + Bare(named.Type) : "";
        return Bare(protocol.Format.Type) + discriminator + framing + codec;
    }

    private static string Bare(string code) => code.Replace("global::", "");

    private static EquatableArray<MessageDescription> Sorted(List<MessageDescription> messages) =>
        messages.OrderBy(message => message.Message, StringComparer.Ordinal).ToEquatableArray();

    private static EquatableArray<string> PayloadsOf(IMethodSymbol method, IEnumerable<bool> arePayloads, MemberNaming naming, ShapeReader shapes)
    {
        var payloads = method.Parameters.Zip(arePayloads, (parameter, isPayload) => isPayload ? parameter : null).OfType<IParameterSymbol>().ToList();
        return payloads.Count == 1
            ? [shapes.Read(payloads[0].Type)]
            : payloads.Select(parameter => $"{naming.NameOf(parameter.Name)}: {shapes.Read(parameter.Type)}").ToEquatableArray();
    }

    private static bool Matches((IMethodSymbol Method, AttributeData Attribute) candidate, MessageModel message) =>
        MessageReader.KeyOf(candidate.Attribute) == (message.Name, message.Tag)
        && Symbols.Escape(candidate.Method.Name) == message.Method.Name
        && candidate.Method.Parameters.Length == message.Method.Parameters.Count
        && candidate.Method.Parameters.Zip(message.Method.Parameters, (symbol, model) => model.Payload is not { } payload || Payloads.Read(symbol.Type).Type == payload.Type).All(same => same);

    private static IEnumerable<(IMethodSymbol Method, AttributeData Attribute)> ContractMethods(INamedTypeSymbol contract) =>
        contract.AllInterfaces.Insert(0, contract)
            .SelectMany(level => level.GetMembers())
            .OfType<IMethodSymbol>()
            .Where(method => !method.IsStatic)
            .Select(method => (method, method.Attribute(Attributes.Namespace, Attributes.Message)!))
            .Where(method => method.Item2 is not null);

    private static string KeyOf(AttributeData attribute, IMethodSymbol method) =>
        MessageReader.KeyOf(attribute) is var (name, tag) ? KeyOf(name, tag, method) : "*";

    // A class may have one catch-all for text frames and one for binary frames, so their keys differ.
    private static string KeyOf(string? name, int? tag, IMethodSymbol method) =>
        name ?? (tag is { } number ? "#" + Literals.Number(number)
            : method.Parameters.Any(parameter => Payloads.FormOf(parameter.Type) is PayloadForm.Bytes or PayloadForm.Memory or PayloadForm.Span) ? "*bytes" : "*");
}
