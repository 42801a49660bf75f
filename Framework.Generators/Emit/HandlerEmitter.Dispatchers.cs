using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Generators.Emit;

/// <content>Writes the dispatcher of each protocol.</content>
internal sealed partial class HandlerEmitter
{
    private void EmitDispatcher(DispatcherPlan dispatcher)
    {
        var format = dispatcher.Protocol.Format;
        var create = $"new {format.Type}({(format.Discriminator is { } discriminator ? Literals.Text(discriminator) : "")})";
        var (parameters, head) = dispatcher.Protocol switch
        {
            { Kind: ProtocolKind.Raw, Framing: null } => ("", Code.Runtime + "PipeDispatcher"),
            { Kind: ProtocolKind.Raw, Framing: { } framing } =>
                ("()", $"{Code.Runtime}FramedMessageDispatcher<{format.Type}, {framing}>({create}, new {framing}())"),
            _ => ("()", $"{Code.Runtime}MessageDispatcher<{format.Type}>({create})"),
        };
        _writer.Blank();
        foreach (var protocol in dispatcher.Protocols)
        {
            _writer.Line("// " + Describe(protocol));
        }

        _writer.Line($"internal sealed class {dispatcher.Name}{parameters}");
        _writer.Indent();
        _writer.Line(": " + head);
        _writer.Outdent();
        _writer.Open();
        _writer.Line($"public override object CreateHandler({Code.Connection} connection) => {Code.Calls}.Create(connection);");
        EmitPayloadTypes(dispatcher);
        EmitCheckRequest(dispatcher);
        Forward(_handler.OnUpgrading, $"{Code.ValueTask}<{Code.Ours}UpgradeResult> OnUpgradingAsync", "OnUpgrading");
        Forward(_handler.OnConnected, $"{Code.ValueTask} OnConnectedAsync", "OnConnected");
        Forward(dispatcher.IsPipe ? _handler.OnUpgraded : null, $"{Code.ValueTask} RunAsync", "OnUpgraded", "global::System.IO.Pipelines.IDuplexPipe pipe");
        Forward(_handler.Background, "global::System.Threading.Tasks.Task? RunBackgroundAsync", "Background");
        Forward(_handler.OnDisconnected, $"{Code.ValueTask} OnDisconnectedAsync", "OnDisconnected", $"{Code.Ours}CloseInfo close");
        if (!dispatcher.IsPipe)
        {
            EmitDispatch(dispatcher);
        }

        _writer.Close();
    }

    private void Forward(MethodModel? method, string signature, string name, string? last = null)
    {
        if (method is null)
        {
            return;
        }

        var (parameter, argument) = last is null ? ("", "") : (", " + last, ", " + last.Substring(last.LastIndexOf(' ') + 1));
        _writer.Blank();
        _writer.Line($"public override {signature}(object handler, {Code.Connection} connection{parameter}) =>");
        _writer.Indent();
        _writer.Line($"{Code.Calls}.{name}(({_type})handler, connection{argument});");
        _writer.Outdent();
    }

    // The runtime reads the types once at startup, to report payload types that are registered as services.
    private void EmitPayloadTypes(DispatcherPlan dispatcher)
    {
        var types = dispatcher.IsPipe ? [] : dispatcher.Messages
            .SelectMany(message => message.Method.Payloads)
            .Select(parameter => parameter.Payload!)
            .Where(payload => payload.Form == PayloadForm.Typed)
            .Select(payload => payload.Type.TrimEnd('?'))
            .Where(type => type.StartsWith("global::", StringComparison.Ordinal))
            .Distinct(StringComparer.Ordinal)
            .ToList();
        if (types.Count > 0)
        {
            _writer.Blank();
            _writer.Line($"public override global::System.Type[] PayloadTypes => [{string.Join(", ", types.Select(type => $"typeof({type})"))}];");
        }
    }

    // Path and query values are validated before the upgrade. The response to an invalid request is 400.
    private void EmitCheckRequest(DispatcherPlan dispatcher)
    {
        var methods = new[] { _handler.OnUpgrading, _handler.OnConnected, dispatcher.IsPipe ? _handler.OnUpgraded : null, _handler.Background, _handler.OnDisconnected }
            .OfType<MethodModel>()
            .Concat(dispatcher.IsPipe ? [] : dispatcher.Messages.Select(message => message.Method));
        var checks = _handler.Constructor.Concat(methods.SelectMany(method => method.Parameters)).Select(Arguments.Check).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        if (checks.Count == 0)
        {
            return;
        }

        _writer.Blank();
        _writer.Line($"public override string? CheckRequest({Code.Connection} connection) =>");
        _writer.Indent();
        for (var i = 0; i < checks.Count; i++)
        {
            _writer.Line($"{(i == 0 ? "" : "?? ")}{checks[i]}{(i == checks.Count - 1 ? ";" : "")}");
        }

        _writer.Outdent();
    }

    private void EmitDispatch(DispatcherPlan dispatcher)
    {
        var protocol = dispatcher.Protocol;
        _writer.Blank();
        _writer.Line($"public override {Code.ValueTask} DispatchAsync(object handler, ref {CallOf(protocol.Format.Type)} call)");
        _writer.Open();
        if (dispatcher.Messages.Count > 0)
        {
            _writer.Line($"{_type} target = ({_type})handler;");
        }

        NameSwitch.Emit(_writer, [.. dispatcher.Messages.Where(message => message.Name is not null).Select(message => (message.Name!, CallTo(message)))]);
        var tagged = dispatcher.Messages.Where(message => message.Tag is not null).ToList();
        if (tagged.Count > 0)
        {
            _writer.Open("switch (call.Tag)");
            foreach (var message in tagged)
            {
                _writer.Line($"case {Literals.Number(message.Tag!.Value)}:");
                _writer.Indent();
                _writer.Line($"return {CallTo(message)};");
                _writer.Outdent();
            }

            _writer.Close();
            _writer.Blank();
        }

        EmitCatchAll(dispatcher, CallTo);
        _writer.Close();

        string CallTo(MessageModel message) => $"{Code.Calls}.{_plan.MethodOf(message, protocol).Name}(target, ref call)";
    }

    private void EmitCatchAll(DispatcherPlan dispatcher, Func<MessageModel, string> callTo)
    {
        var catchAlls = dispatcher.Messages.Where(message => message.IsCatchAll).ToList();
        if (catchAlls.Count == 0)
        {
            _writer.Line("return call.Unknown();");
            return;
        }

        if (!dispatcher.Protocol.DecidesByKind || catchAlls[0].Takes == FrameKinds.Both)
        {
            _writer.Line($"return {callTo(catchAlls[0])};");
            return;
        }

        _writer.Line($"return call.Kind switch");
        _writer.Open();
        foreach (var message in catchAlls)
        {
            _writer.Line($"{Code.Ours}MessageKind.{message.TakesIn(dispatcher.Protocol)} => {callTo(message)},");
        }

        _writer.Line("_ => call.WrongKind(),");
        _writer.Close("};");
    }

    private static string Describe(ProtocolModel protocol)
    {
        var arguments = new List<string>();
        if (protocol.Name is { } name)
        {
            arguments.Add(Literals.Text(name));
        }

        arguments.Add($"Path = {Literals.Text(protocol.Path)}");
        return $"[UpgradeProtocol({string.Join(", ", arguments)})]";
    }
}
