using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Generators.Emit;

/// <summary>Writes the code that calls a handler.</summary>
internal sealed partial class HandlerEmitter
{
    private readonly SourceWriter _writer;
    private readonly HandlerModel _handler;
    private readonly HandlerPlan _plan;
    private readonly string _type;

    private HandlerEmitter(HandlerModel handler, string typeName)
    {
        _writer = new SourceWriter(handler.Head);
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
        _writer.Line($"/// <summary>Calls <see cref=\"{_type}\"/>{(_handler.File.Length == 0 ? "" : $", declared in {Code.Xml(_handler.File)}")}.</summary>");
        _writer.Line(Code.GeneratedCode);
        _writer.Open($"internal static class {Symbols.EscapeType(typeName)}");
        foreach (var dispatcher in _plan.Dispatchers)
        {
            EmitDispatcher(dispatcher);
        }

        _writer.Blank();
        _writer.Open($"private static class {Code.Calls}");
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

        _writer.Close();
        EmitAccess();
        EmitParameterNames();
        EmitPayloads();
        _writer.Close();
    }

    private void EmitCreate()
    {
        _writer.Line($"internal static {_type} Create({Code.Connection} connection) =>");
        _writer.Indent();
        _writer.Call($"new {_type}", Arguments.OfConstructor(_handler.Constructor), ");");
        _writer.Outdent();
    }

    private void EmitAccess()
    {
        var guarded = _plan.Methods.FindAll(method => method.Message.Method.Access.Count > 0);
        if (guarded.Count == 0)
        {
            return;
        }

        _writer.Blank();
        _writer.Line("// The authorization attributes of each message method.");
        _writer.Open("private static class Access");
        foreach (var method in guarded)
        {
            _writer.Call(
                $"internal static readonly {Code.Runtime}AccessRule {method.Name} = new {Code.Runtime}AccessRule", [.. method.Message.Method.Access], ");");
        }

        _writer.Close();
    }

    private void EmitParameterNames()
    {
        if (_plan.Parameters.Count == 0)
        {
            return;
        }

        _writer.Blank();
        _writer.Open("private static class Parameters");
        foreach (var (field, names, ignoresCase) in _plan.Parameters)
        {
            var create = $"new({string.Join(", ", names.Select(Literals.Text))}){(ignoresCase ? " { IgnoresCase = true }" : "")}";
            _writer.Line($"internal static readonly {Code.Runtime}MessageParameters {Symbols.Escape(field)} = {create};");
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
        _writer.Line("// Created when the first message needs one, so a type that the context lacks throws only then.");
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

    private static string CallOf(string format) => $"{Code.Runtime}MessageCall<{format}>";
}
