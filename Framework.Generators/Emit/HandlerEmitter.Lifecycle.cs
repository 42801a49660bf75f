using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Generators.Emit;

/// <content>Writes the calls of lifecycle methods.</content>
internal sealed partial class HandlerEmitter
{
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
            var (head, tail) = direct(method);
            _writer.Line($"internal static {signature} =>");
            _writer.Indent();
            _writer.Call(head + Arguments.Target(method), arguments, $"){MayBeNull(method)}{tail};");
            _writer.Outdent();
            return;
        }

        var isTask = method.Returns is not (ReturnShape.Void or ReturnShape.SendResult or ReturnShape.Value);
        _writer.Line($"internal static {(isAwaited ? "async " : "")}{signature}");
        _writer.Open();
        if (method.UsesServices)
        {
            _writer.Line($"await using global::Microsoft.Extensions.DependencyInjection.AsyncServiceScope scope = {Code.ServiceExtensions}.CreateAsyncScope(connection.Services);");
        }

        // If a result is returned, neither the task nor its result may be null.
        var (before, after) = (name == "OnUpgrading", method.MayReturnNull && isTask) switch
        {
            (true, true) => ("return (", ")!"),
            (true, false) => ("return ", ""),
            _ => ("", ""),
        };
        _writer.Call(before + (isTask ? "await " : "") + Arguments.Target(method), arguments, $"){MayBeNull(method)}{after};");
        if (!isAwaited)
        {
            _writer.Line("return default;");
        }

        _writer.Close();
    }

    // An unexpected null is detected at run time. The operator prevents compiler warnings in generated code, which the user can't fix.
    private static string MayBeNull(MethodModel method) => method.MayReturnNull ? "!" : "";

    private static (string Before, string After) ReturnOfUpgrading(MethodModel method) =>
        method.Returns == ReturnShape.ValueTaskOfValue ? ("", "") : ($"new {Code.ValueTask}<{Code.Ours}UpgradeResult>(", ")");

    private static (string Before, string After) ReturnOfTask(MethodModel method) =>
        method.Returns == ReturnShape.ValueTask ? ("", "") : ($"new {Code.ValueTask}(", ")");

    private static (string Before, string After) ReturnOfBackground(MethodModel method) =>
        method.Returns == ReturnShape.Task ? ("", "") : ("", ".AsTask()");
}
