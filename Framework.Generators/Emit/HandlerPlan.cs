using System.Globalization;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Generators.Emit;

/// <summary>Plans the code that a handler's protocols share. Protocols that differ only in table entries share a dispatcher.</summary>
internal sealed class HandlerPlan
{
    // The names that a dispatcher's class can't use: members that dispatchers override, and the nested classes next to them.
    private readonly Scope _dispatcherScope;

    private readonly Scope _methodScope = new(
        [.. Code.NestedClasses, "Create", "OnUpgrading", "OnConnected", "OnUpgraded", "Background", "OnDisconnected", "TFormat"]);

    private readonly Scope _payloadScope = new("Payloads", "Reflected");
    private readonly Scope _parameterScope = new("Parameters");
    private readonly Dictionary<string, string> _payloads = new(StringComparer.Ordinal);
    private readonly Dictionary<(MessageModel Message, string Read, string Write), MessageMethod> _methods = [];

    public HandlerPlan(HandlerModel handler)
    {
        Handler = handler;
        _dispatcherScope = new Scope(
        [
            .. Code.NestedClasses, Names.Flatten(handler.FullName), "CreateHandler", "CheckRequest", "OnUpgradingAsync", "OnConnectedAsync", "RunAsync",
            "RunBackgroundAsync", "OnDisconnectedAsync", "DispatchAsync",
        ]);
        Dispatchers = ReadDispatchers();
        ReadMethods();
    }

    public HandlerModel Handler { get; }

    public List<DispatcherPlan> Dispatchers { get; }

    /// <summary>The generated methods that call the handler's methods, in the order of the messages.</summary>
    public List<MessageMethod> Methods { get; } = [];

    /// <summary>The serializers that are created once: field, type and expression.</summary>
    public List<(string Field, string Type, string Expression)> Payloads { get; } = [];

    /// <summary>The parameter names of messages whose parameters are bound by name or position: the field, and the names in JSON.</summary>
    public List<(string Field, List<string> Names, bool IgnoresCase)> Parameters { get; } = [];

    public bool UsesReflection { get; private set; }

    public string DispatcherOf(ProtocolModel protocol) => Dispatchers.First(dispatcher => dispatcher.Protocols.Contains(protocol)).Name;

    public MessageMethod MethodOf(MessageModel message, ProtocolModel protocol) =>
        _methods[(message, ReadOf(message.Method, protocol).Key, Serializer(message.Method.Result, protocol))];

    /// <summary>
    /// The expression of the serializer for a payload in a protocol, or an empty string if none is needed.
    /// </summary>
    private string Serializer(PayloadModel? payload, ProtocolModel protocol) => Serializer(payload, protocol, protocol.Format.HasPlainPayloads);

    private string Serializer(PayloadModel? payload, ProtocolModel protocol, bool isPlain)
    {
        if (payload is null or { Form: PayloadForm.Span })
        {
            return "";
        }

        switch (payload.Form)
        {
            case PayloadForm.Memory:
                return Code.Memory(payload.IsNullable);
            case PayloadForm.Text when isPlain:
                return Code.Ours + "TextPayload.Instance";
            case PayloadForm.Bytes when isPlain:
                return Code.Ours + "BytesPayload.Instance";
        }

        var expression = protocol switch
        {
            { Codec: { } codec } => $"{Code.CodecOf(codec)}.GetSerializer<{payload.Type}>()",
            { JsonContext: { } context } => $"{Code.Ours}JsonPayload.For<{payload.Type}>({context}.Default)",
            _ => $"Reflected<{payload.Type}>()",
        };
        UsesReflection |= protocol is { Codec: null, JsonContext: null };
        if (!_payloads.TryGetValue(expression, out var field))
        {
            field = _payloadScope.Take(Names.Pascal(payload.Label));
            _payloads.Add(expression, field);
            Payloads.Add((field, payload.Type, expression));
        }

        return "Payloads." + field;
    }

    // Determines how a method's payload is read: as a whole by one serializer, or each parameter by its own serializer.
    private (string Key, List<string>? Parameters) ReadOf(MethodModel method, ProtocolModel protocol)
    {
        if (!method.BindsPayloadsIn(protocol.Format))
        {
            return (Serializer(method.Payload?.Payload, protocol), null);
        }

        // A parameter is always a JSON value, even in a format that sends whole payloads of text or bytes unchanged.
        var serializers = method.Payloads.Select(payload => Serializer(payload.Payload, protocol, isPlain: false)).ToList();
        return ($"parameters {protocol.Naming.Policy} {protocol.Naming.IgnoresCase} " + string.Join(" ", serializers), serializers);
    }

    private List<DispatcherPlan> ReadDispatchers()
    {
        var dispatchers = new List<DispatcherPlan>();
        var byShape = new Dictionary<string, DispatcherPlan>(StringComparer.Ordinal);
        foreach (var protocol in Handler.Protocols)
        {
            var messages = Handler.MessagesOf(protocol).ToList();
            var places = messages.Select(message => Handler.Messages.ToList().IndexOf(message).ToString(CultureInfo.InvariantCulture));
            var shape = string.Join("|", protocol.Kind, protocol.Format, protocol.Framing, protocol.JsonContext, protocol.Codec, string.Join(",", places));
            if (byShape.TryGetValue(shape, out var dispatcher))
            {
                dispatcher.Protocols.Add(protocol);
                continue;
            }

            dispatcher = new DispatcherPlan(_dispatcherScope.Take(protocol.Name is null ? "Default" : Names.Pascal(protocol.Name)), messages, [protocol]);
            byShape.Add(shape, dispatcher);
            dispatchers.Add(dispatcher);
        }

        return dispatchers;
    }

    private void ReadMethods()
    {
        foreach (var message in Handler.Messages)
        {
            foreach (var dispatcher in Dispatchers.Where(candidate => candidate.Messages.Contains(message) && !candidate.IsPipe))
            {
                var protocol = dispatcher.Protocol;
                var (read, parameters) = ReadOf(message.Method, protocol);
                var write = Serializer(message.Method.Result, protocol);
                if (_methods.TryGetValue((message, read, write), out var method))
                {
                    // A method that serves several formats is generic over the format.
                    method.Format = method.Format == protocol.Format.Type ? method.Format : null;
                    continue;
                }

                method = new MessageMethod(Symbols.Escape(_methodScope.Take(message.Method.Name.TrimStart('@'))), message, read, write)
                {
                    Format = protocol.Format.Type,
                    Parameters = parameters is null ? null : PlanParameters(message.Method, parameters, protocol.Naming),
                };
                _methods.Add((message, read, write), method);
                Methods.Add(method);
            }
        }
    }

    private static string LocalOf(string parameter) => Literals.CamelCase(parameter) is var name and not "_" ? name : "value";

    private ParametersPlan PlanParameters(MethodModel method, List<string> serializers, MemberNaming naming)
    {
        var locals = new Scope("handler", "call", "stream", "values", "TFormat");
        var reads = method.Payloads
            .Zip(serializers, (payload, serializer) => (Parameter: payload, Serializer: serializer, Name: naming.NameOf(payload.Key!)))
            .Select(read => (read.Parameter, read.Serializer, read.Name, Symbols.Escape(locals.Take(LocalOf(read.Parameter.Key!)))))
            .ToList();
        var names = reads.ConvertAll(read => read.Name);
        var field = Parameters.Find(known => known.IgnoresCase == naming.IgnoresCase && known.Names.SequenceEqual(names)).Field;
        if (field is null)
        {
            field = _parameterScope.Take(Names.Pascal(method.Name.TrimStart('@')));
            Parameters.Add((field, names, naming.IgnoresCase));
        }

        return new ParametersPlan("Parameters." + Symbols.Escape(field), reads);
    }
}

/// <summary>The plan of a generated method that reads its payload parameters.</summary>
/// <param name="Field">The field with the parameter names.</param>
/// <param name="Reads">The serializer, the name in JSON and the local variable of each parameter.</param>
internal sealed record ParametersPlan(string Field, List<(ParameterModel Parameter, string Serializer, string Name, string Local)> Reads);

/// <summary>One generated dispatcher class.</summary>
internal sealed class DispatcherPlan(string name, List<MessageModel> messages, List<ProtocolModel> protocols)
{
    public string Name { get; } = name;

    public List<MessageModel> Messages { get; } = messages;

    public List<ProtocolModel> Protocols { get; } = protocols;

    public ProtocolModel Protocol => Protocols[0];

    /// <summary>Whether the handler takes the raw bytes through a pipe.</summary>
    public bool IsPipe => Protocol is { Kind: ProtocolKind.Raw, Framing: null };
}

/// <summary>One generated method that calls a method of the handler.</summary>
internal sealed class MessageMethod(string name, MessageModel message, string read, string write)
{
    public string Name { get; } = name;

    public MessageModel Message { get; } = message;

    public string Read { get; } = read;

    public string Write { get; } = write;

    /// <summary>The plan of the parameters if the format binds them, or null if the payload is read as a whole.</summary>
    public ParametersPlan? Parameters { get; set; }

    /// <summary>The format of the method, or <see langword="null"/> if it serves several.</summary>
    public string? Format { get; set; }
}
