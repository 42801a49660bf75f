using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Generators.Emit;

/// <summary>Writes the implementation of a client contract.</summary>
internal static class ClientEmitter
{
    public static string Emit(ContractModel contract, string typeName)
    {
        var writer = new SourceWriter(contract.Head);
        writer.Line($"namespace {Code.Namespace};");
        writer.Blank();
        writer.Line($"/// <summary>Sends the messages of <see cref=\"{contract.Type}\"/>.</summary>");
        writer.Line(Code.GeneratedCode);
        writer.Line($"internal sealed class {Symbols.EscapeType(typeName)}({Code.Runtime}ClientTarget target)");
        writer.Indent();
        writer.Line($": {Code.Runtime}ClientProxy(target, typeof({contract.Type})), {contract.Type}");
        writer.Outdent();
        writer.Open();
        var scope = new Scope(typeName);
        var fields = contract.Messages.Select(message => scope.Take("s_" + Camel(message.Method.TrimStart('@')))).ToList();
        for (var i = 0; i < fields.Count; i++)
        {
            EmitField(writer, contract.Messages[i], fields[i]);
        }

        for (var i = 0; i < fields.Count; i++)
        {
            EmitMethod(writer, contract, contract.Messages[i], fields[i]);
        }

        writer.Close();
        return writer.ToString();
    }

    private static void EmitField(SourceWriter writer, ContractMessageModel message, string field)
    {
        var arguments = new List<string> { message.Tag is { } tag ? Literals.Number(tag) : Literals.Text(message.Name ?? "") };
        if (message.Versions is { } versions)
        {
            arguments.Add($"[{string.Join(", ", versions.Select(Literals.Text))}]");
        }

        if (PayloadOf(message)?.Payload is { Form: PayloadForm.Memory })
        {
            arguments.Add($"serializer: {Code.Ours}MemoryPayload.Instance");
        }

        var declaration = $"private static readonly {Code.Runtime}PushMethod<{PayloadType(message)}> {field} = new({string.Join(", ", arguments)})";
        if (message is { SlowConsumer: null, Key: null, Projections.Count: 0 })
        {
            writer.Line(declaration + ";");
            return;
        }

        writer.Open(declaration);
        if (message.SlowConsumer is { } policy)
        {
            writer.Line($"SlowConsumer = {Code.Policy(policy)},");
        }

        if (message.Key is { } key)
        {
            var value = key.Value.Replace(KeyModel.Place, $"{Given(message, key)}.{key.Member}");
            writer.Line($"LatestBy = {Code.Runtime}PushKeySelector.By<{PayloadType(message)}, {key.Type}>(static payload => {value}),");
        }

        if (message.Projections.Count > 0)
        {
            EmitProjections(writer, message);
        }

        writer.Close("};");
        writer.Blank();
    }

    private static void EmitProjections(SourceWriter writer, ContractMessageModel message)
    {
        writer.Line("Projections =");
        writer.Line("[");
        writer.Indent();
        foreach (var projection in message.Projections)
        {
            var isMemory = projection.Shape.Form == PayloadForm.Memory;
            var shape = isMemory ? projection.Shape.Type : projection.Type;
            var orNothing = projection.Shape is { Form: PayloadForm.Memory, IsNullable: true } ? ".GetValueOrDefault()" : "";
            writer.Call(
                $"{Code.Runtime}PushProjection.To<{PayloadType(message)}, {shape}>",
                [
                    $"[{string.Join(", ", projection.Protocols.Select(Literals.Text))}]",
                    $"static payload => {projection.Interface}.{projection.Method}(payload){orNothing}",
                    .. isMemory ? (string[])[$"{Code.Ours}MemoryPayload.Instance"] : [],
                ],
                "),");
        }

        writer.Outdent();
        writer.Line("],");
    }

    // A null payload has no key. The runtime doesn't request a key for it, so the value is not null here.
    private static string Given(ContractMessageModel message, KeyModel key) => PayloadOf(message)?.Payload switch
    {
        { Form: not PayloadForm.Memory, IsNullable: true } => key.IsOfValueType ? "payload!.Value" : "payload!",
        _ => "payload",
    };

    private static void EmitMethod(SourceWriter writer, ContractModel contract, ContractMessageModel message, string field)
    {
        var names = new Scope();
        var parameters = message.Parameters
            .Select(parameter => (parameter.Type, parameter.Payload, Name: names.Take(parameter.Payload is null ? "cancellationToken" : "payload")))
            .ToList();
        var payload = PayloadOf(message) is not { } given ? "default"
            : given.Payload is { Form: PayloadForm.Memory, IsNullable: true } ? "payload.GetValueOrDefault()"
            : "payload";
        var token = parameters.Find(parameter => parameter.Payload is null).Name;
        var call = message switch
        {
            { Reply: { } reply } => $"RequestAsync<{PayloadType(message)}, {reply}>({field}, {payload}, {token ?? "default"})",
            { TellsResult: true } => $"PushAsync({field}, {payload})",
            _ => $"SendAsync({field}, {payload})",
        };
        if (message.Reply is null && token is not null)
        {
            var cancelled = message.TellsResult ? $"FromCanceled<{Code.Ours}SendResult>" : "FromCanceled";
            call = $"{token}.IsCancellationRequested ? {Code.ValueTask}.{cancelled}({token}) : {call}";
            call = message.ReturnsTask ? $"({call})" : call;
        }

        writer.Blank();
        writer.Line($"// {Code.MessageAttribute(message.Name, message.Tag)} {contract.Name}.{message.Method}");
        writer.Line($"{message.ReturnType} {message.Interface}.{message.Method}({string.Join(", ", parameters.Select(parameter => $"{parameter.Type} {parameter.Name}"))}) =>");
        writer.Indent();
        writer.Line($"{call}{(message.ReturnsTask ? ".AsTask()" : "")};");
        writer.Outdent();
    }

    private static ContractParameterModel? PayloadOf(ContractMessageModel message) =>
        message.Parameters.FirstOrDefault(parameter => parameter.Payload is not null);

    private static string PayloadType(ContractMessageModel message) => PayloadOf(message) switch
    {
        null => Code.Runtime + "NoPayload",
        { Payload: { Form: PayloadForm.Memory } memory } => memory.Type,
        { } parameter => parameter.Type,
    };

    private static string Camel(string name)
    {
        var stem = name.Length > 5 && name.EndsWith("Async", StringComparison.Ordinal) ? name.Substring(0, name.Length - 5) : name;
        return char.ToLowerInvariant(stem[0]) + stem.Substring(1);
    }
}
