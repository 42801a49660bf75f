using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Generators.Emit;

/// <content>The calls of lifecycle methods.</content>
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
}
