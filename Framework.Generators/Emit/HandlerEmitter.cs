using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Generators.Emit;

/// <summary>Writes the code that calls a handler.</summary>
internal sealed class HandlerEmitter
{
    private readonly SourceWriter _writer = new();
    private readonly HandlerModel _handler;
    private readonly HandlerPlan _plan;
    private readonly string _type;

    private HandlerEmitter(HandlerModel handler, string typeName)
    {
        _handler = handler;
        _plan = new HandlerPlan(handler);
        _type = handler.Type;
        Emit(typeName);
    }

    public static string Emit(HandlerModel handler, string typeName) => new HandlerEmitter(handler, typeName)._writer.ToString();

    private void Emit(string typeName)
    {
        _writer.Line($"namespace {Code.Namespace};");
        _writer.Blank();
        _writer.Line($"/// <summary>Calls <see cref=\"{_type}\"/>{(_handler.File.Length == 0 ? "" : $", declared in {_handler.File}")}.</summary>");
        _writer.Line(Code.GeneratedCode);
        _writer.Open($"internal static class {Symbols.Escape(typeName)}");
        foreach (var dispatcher in _plan.Dispatchers)
        {
            EmitDispatcher(dispatcher);
        }

        EmitCreate();
        EmitLifecycle(_handler.OnUpgrading, "OnUpgrading", $"{Code.ValueTask}<{Code.Ours}UpgradeResult>", ReturnOfUpgrading);
        EmitLifecycle(_handler.OnConnected, "OnConnected", Code.ValueTask, ReturnOfTask);
        if (_plan.Dispatchers.Exists(dispatcher => dispatcher.IsPipe))
        {
            EmitLifecycle(_handler.OnUpgraded, "OnUpgraded", Code.ValueTask, ReturnOfTask, ", global::System.IO.Pipelines.IDuplexPipe pipe");
        }

        EmitLifecycle(_handler.Background, "Background", "global::System.Threading.Tasks.Task", ReturnOfBackground);
        EmitLifecycle(_handler.OnDisconnected, "OnDisconnected", Code.ValueTask, ReturnOfTask, $", {Code.Ours}CloseInfo close");
        foreach (var method in _plan.Methods)
        {
            EmitMessage(method);
        }

        EmitAccess();
        EmitParameterNames();
        EmitPayloads();
        _writer.Close();
    }

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
        _writer.Line($"public override object CreateHandler({Code.Services} services) => Create(services);");
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
        _writer.Line($"{name}(({_type})handler, connection{argument});");
        _writer.Outdent();
    }

    // What the path and query must hold is known before the upgrade: a client learns it from a 400.
    private void EmitCheckRequest(DispatcherPlan dispatcher)
    {
        var methods = new[] { _handler.OnUpgrading, _handler.OnConnected, dispatcher.IsPipe ? _handler.OnUpgraded : null, _handler.Background, _handler.OnDisconnected }
            .OfType<MethodModel>()
            .Concat(dispatcher.IsPipe ? [] : dispatcher.Messages.Select(message => message.Method));
        var checks = methods.SelectMany(method => method.Parameters).Select(Arguments.Check).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
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
            _writer.Line($"var target = ({_type})handler;");
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

        string CallTo(MessageModel message) => $"{_plan.MethodOf(message, protocol).Name}(target, ref call)";
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

    private void EmitCreate()
    {
        _writer.Blank();
        _writer.Line($"private static {_type} Create({Code.Services} services) =>");
        _writer.Indent();
        _writer.Call(
            $"new {_type}",
            [.. _handler.Constructor.Select(parameter => Arguments.OfServices(parameter.Type, parameter.Key, parameter.Default, parameter.IsValueType, "services"))],
            ");");
        _writer.Outdent();
    }

    private void EmitLifecycle(MethodModel? method, string name, string returnType, Func<MethodModel, (string Before, string After)> direct, string parameter = "")
    {
        if (method is null)
        {
            return;
        }

        _writer.Blank();
        _writer.Line($"// [{name}] {_handler.Name}.{method.Name}");
        var arguments = Arguments.OfLifecycle(method, isEnd: name == "OnDisconnected");
        var signature = $"{returnType} {name}({_type} handler, {Code.Connection} connection{parameter})";
        var isAwaited = method.Returns is ReturnShape.TaskOfSendResult or ReturnShape.ValueTaskOfSendResult || method.UsesServices;
        if (!isAwaited && method.Returns is not (ReturnShape.Void or ReturnShape.SendResult))
        {
            var (before, after) = direct(method);
            _writer.Line($"private static {signature} =>");
            _writer.Indent();
            _writer.Call(before + Arguments.Target(method), arguments, $"){after};");
            _writer.Outdent();
            return;
        }

        var isTask = method.Returns is not (ReturnShape.Void or ReturnShape.SendResult or ReturnShape.Value);
        _writer.Line($"private static {(isAwaited ? "async " : "")}{signature}");
        _writer.Open();
        if (method.UsesServices)
        {
            _writer.Line($"await using var scope = {Code.ServiceExtensions}.CreateAsyncScope(connection.Services);");
        }

        var returnsResult = name == "OnUpgrading";
        _writer.Call((returnsResult ? "return " : "") + (isTask ? "await " : "") + Arguments.Target(method), arguments, ");");
        if (!isAwaited)
        {
            _writer.Line("return default;");
        }

        _writer.Close();
    }

    private static (string Before, string After) ReturnOfUpgrading(MethodModel method) =>
        method.Returns == ReturnShape.ValueTaskOfValue ? ("", "") : ($"new {Code.ValueTask}<{Code.Ours}UpgradeResult>(", ")");

    private static (string Before, string After) ReturnOfTask(MethodModel method) =>
        method.Returns == ReturnShape.ValueTask ? ("", "") : ($"new {Code.ValueTask}(", ")");

    private static (string Before, string After) ReturnOfBackground(MethodModel method) =>
        method.Returns == ReturnShape.Task ? ("", "") : ("", ".AsTask()");

    private void EmitMessage(MessageMethod method)
    {
        var model = method.Message.Method;
        _writer.Blank();
        _writer.Line($"// {Describe(method.Message)} {_handler.Name}.{model.Name}");
        if (method.Format is { } format)
        {
            _writer.Line($"private static {Code.ValueTask} {method.Name}({_type} handler, ref {CallOf(format)} call)");
        }
        else
        {
            _writer.Line($"private static {Code.ValueTask} {method.Name}<TFormat>({_type} handler, ref {CallOf("TFormat")} call)");
            _writer.Indent();
            _writer.Line($"where TFormat : struct, {Code.Ours}IMessageFormat");
            _writer.Outdent();
        }

        _writer.Open();
        if (model.Access.Count > 0)
        {
            _writer.Line($"if (!call.IsAllowed(Access.{method.Name})) return default;");
        }

        if (method.Message.ReplyTag is { } replyTag)
        {
            _writer.Line($"call.ReplyTag = {Literals.Number(replyTag)};");
        }

        if (method.Parameters is { } parameters)
        {
            EmitParameters(parameters);
        }
        else if (model.Payload is { Payload.Form: not (PayloadForm.Span or PayloadForm.Memory) } payload)
        {
            _writer.Line($"if (!call.{(payload.IsNullable ? "TryReadNullable" : "TryRead")}({method.Read}, out var payload)) return default;");
        }

        if (model.Returns == ReturnShape.Stream)
        {
            _writer.Line("if (!call.TryOpenStream(out var stream)) return default;");
        }

        var target = Arguments.Target(model);
        var arguments = Arguments.OfMessage(model, method.Parameters);
        var (detach, attach) = method.Message.IsConcurrent && model.Returns != ReturnShape.Stream ? ("call.Detach(", ")") : ("", "");
        switch (model.Returns)
        {
            case ReturnShape.Void or ReturnShape.SendResult:
                _writer.Call(target, arguments, ");");
                _writer.Line($"return {detach}call.Done(){attach};");
                break;
            case ReturnShape.Value or ReturnShape.TaskOfValue or ReturnShape.ValueTaskOfValue:
                _writer.Call($"return {detach}call.Reply{ResultType(model)}({target}", arguments, $"){(model.Result!.IsNullable ? "!" : "")}, {method.Write}){attach};");
                break;
            case ReturnShape.Stream:
                _writer.Call($"return call.Stream{ResultType(model)}({target}", arguments, $"){(model.Result!.IsNullable ? "!" : "")}, stream, {method.Write});");
                break;
            default:
                _writer.Call($"return {detach}call.Done({target}", arguments, $")){attach};");
                break;
        }

        _writer.Close();
    }

    private void EmitAccess()
    {
        var guarded = _plan.Methods.FindAll(method => method.Message.Method.Access.Count > 0);
        if (guarded.Count == 0)
        {
            return;
        }

        _writer.Blank();
        _writer.Line("// Who may send a message: the attributes of its method.");
        _writer.Open("private static class Access");
        foreach (var method in guarded)
        {
            _writer.Call(
                $"internal static readonly {Code.Runtime}AccessRule {method.Name} = new {Code.Runtime}AccessRule", [.. method.Message.Method.Access], ");");
        }

        _writer.Close();
    }

    private void EmitParameters(ParametersPlan parameters)
    {
        _writer.Line($"global::System.Span<{Code.Runtime}ParameterValue> values = stackalloc {Code.Runtime}ParameterValue[{Literals.Number(parameters.Reads.Count)}];");
        _writer.Line($"if (!call.TryFindParameters({parameters.Field}, values)) return default;");
        for (var i = 0; i < parameters.Reads.Count; i++)
        {
            var (parameter, serializer, name, local) = parameters.Reads[i];
            var method = parameter.IsNullable ? "TryReadNullableParameter" : "TryReadParameter";
            var absent = parameter.Default switch
            {
                null or "null" or Literals.NullOfOther => "",
                { } value => ", " + value,
            };
            // A literal may be of another type than the parameter: 5 for a byte.
            var type = absent.Length == 0 ? "" : $"<{parameter.Payload!.Type}>";
            _writer.Line($"if (!call.{method}{type}(values[{Literals.Number(i)}], {Literals.Text(name)}, {serializer}, out var {local}{absent})) return default;");
        }
    }

    private void EmitParameterNames()
    {
        if (_plan.Parameters.Count == 0)
        {
            return;
        }

        _writer.Blank();
        _writer.Open("private static class Parameters");
        foreach (var (field, names) in _plan.Parameters)
        {
            _writer.Line($"internal static readonly {Code.Runtime}MessageParameters {Symbols.Escape(field)} = new({string.Join(", ", names.Select(Literals.Text))});");
        }

        _writer.Close();
    }

    private void EmitPayloads()
    {
        if (_plan.Payloads.Count == 0)
        {
            return;
        }

        _writer.Blank();
        _writer.Line("// Made when the first message needs one: what a context lacks shows there.");
        _writer.Open("private static class Payloads");
        foreach (var (field, type, expression) in _plan.Payloads)
        {
            _writer.Line($"internal static readonly {Code.Ours}PayloadSerializer<{type}> {field} =");
            _writer.Indent();
            _writer.Line(expression + ";");
            _writer.Outdent();
        }

        if (_plan.UsesReflection)
        {
            _writer.Blank();
            Code.SuppressTrimming(_writer);
            _writer.Line($"private static {Code.Ours}PayloadSerializer<T> Reflected<T>() => new {Code.Ours}ReflectionJsonCodec().GetSerializer<T>();");
        }

        _writer.Close();
    }

    // A serializer's type has no annotation: what may be null is written as if it weren't.
    private static string ResultType(MethodModel method) => method.Result is { IsNullable: true } result ? $"<{result.Type}>" : "";

    private static string CallOf(string format) => $"{Code.Runtime}MessageCall<{format}>";

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

    private static string Describe(MessageModel message) =>
        message.Name is { } name ? $"[Message({Literals.Text(name)})]"
        : message.Tag is { } tag ? $"[Message({Literals.Number(tag)})]"
        : "[Message]";
}
