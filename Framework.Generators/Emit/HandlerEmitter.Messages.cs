using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Generators.Emit;

/// <content>Writes the calls of message methods.</content>
internal sealed partial class HandlerEmitter
{
    private void EmitMessage(MessageMethod method)
    {
        var model = method.Message.Method;
        _writer.Blank();
        _writer.Line($"// {Code.MessageAttribute(method.Message.Name, method.Message.Tag, "[AnyMessage]")} {_handler.Name}.{model.Name}");
        if (method.Format is { } format)
        {
            _writer.Line($"internal static {Code.ValueTask} {method.Name}({_type} handler, ref {CallOf(format)} call)");
        }
        else
        {
            _writer.Line($"internal static {Code.ValueTask} {method.Name}<TFormat>({_type} handler, ref {CallOf("TFormat")} call)");
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
            _writer.Line($"if (!call.{(payload.IsNullable ? "TryReadNullable" : "TryRead")}({method.Read}, out {LocalType(payload)} payload)) return default;");
        }

        if (model.Returns == ReturnShape.Stream)
        {
            _writer.Line($"if (!call.TryOpenStream(out {Code.Runtime}MessageStream? stream)) return default;");
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
                _writer.Call($"return {detach}call.Reply{ResultType(model)}({target}", arguments, $"){MayBeNull(model)}, {method.Write}){attach};");
                break;
            case ReturnShape.Stream:
                _writer.Call($"return call.Stream{ResultType(model)}({target}", arguments, $"){MayBeNull(model)}, stream, {method.Write});");
                break;
            default:
                _writer.Call($"return {detach}call.Done({target}", arguments, $"){MayBeNull(model)}){attach};");
                break;
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
            // The type argument is explicit, because the literal may have another type than the parameter: 5 for a byte.
            var type = absent.Length == 0 ? "" : $"<{parameter.Payload!.Type}>";
            _writer.Line($"if (!call.{method}{type}(values[{Literals.Number(i)}], {Literals.Text(name)}, {serializer}, out {LocalType(parameter)} {local}{absent})) return default;");
        }
    }

    private static string LocalType(ParameterModel parameter) => parameter.Payload!.Type + (parameter.IsValueType ? "" : "?");

    // A serializer's type has no nullable annotation, so a nullable result is written as its non-nullable type.
    private static string ResultType(MethodModel method) => method.Result is { IsNullable: true } result ? $"<{result.SerializedType}>" : "";
}
