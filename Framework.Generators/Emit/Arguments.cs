using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Generators.Emit;

/// <summary>Writes the arguments of the user's methods.</summary>
internal static class Arguments
{
    /// <summary>The target and method of the call.</summary>
    public static string Target(MethodModel method) => method switch
    {
        { StaticType: { } type } => $"{type}.{method.Name}",
        { BaseType: { } type } => $"(({type})handler).{method.Name}",
        _ => $"handler.{method.Name}",
    };

    /// <summary>The arguments of a message method. <c>call</c> is the message.</summary>
    public static List<string> OfMessage(MethodModel method, ParametersPlan? parameters) => [.. method.Parameters.Select(parameter => parameter switch
    {
        { Source: ParameterSource.Payload } when parameters is not null => OfParameter(parameters, parameter),
        { Source: ParameterSource.Connection } => "call.Connection",
        { Source: ParameterSource.Request } => "call.Connection.Request",
        { Source: ParameterSource.User } => "call.Connection.User",
        { Source: ParameterSource.Cancellation } => method.Returns == ReturnShape.Stream ? "stream.Cancelled" : "call.Cancelled",
        { Source: ParameterSource.MessageKind } => "call.Kind",
        { Source: ParameterSource.MessageId } => "call.MessageId",
        { Source: ParameterSource.MessageName } => "call.MessageName",
        { Source: ParameterSource.MessageTag } => "call.MessageTag",
        { Source: ParameterSource.Path or ParameterSource.Query or ParameterSource.Header } => OfRequest(parameter, "call.Connection"),
        { Source: ParameterSource.Service or ParameterSource.KeyedService, IsNullable: true, IsValueType: false } =>
            OfServices(parameter.Type, parameter.Key, parameter.Default ?? "null", isValueType: false, $"call.Service<{Code.Services}>()"),
        { Source: ParameterSource.Service } => $"call.Service<{parameter.Type}>()",
        { Source: ParameterSource.KeyedService } => $"call.KeyedService<{parameter.Type}>({parameter.Key})",
        { Payload.Form: PayloadForm.Span } => "call.Payload",
        { Payload: { Form: PayloadForm.Memory, IsNullable: true } memory } => $"({memory.SerializedType})call.Rent()",
        { Payload.Form: PayloadForm.Memory } => "call.Rent()",
        { Default: Literals.NullOfOther } => "payload!",
        _ => "payload",
    })];

    /// <summary>The arguments of a lifecycle method. <c>connection</c> is the connection and <c>scope</c> is its service scope.</summary>
    public static List<string> OfLifecycle(MethodModel method, bool isEnd) => [.. method.Parameters.Select(parameter => parameter.Source switch
    {
        ParameterSource.Connection => "connection",
        ParameterSource.Request => "connection.Request",
        ParameterSource.User => "connection.User",

        // At the end the connection's token is already cancelled, so cleanup code could not use it.
        ParameterSource.Cancellation => isEnd ? "global::System.Threading.CancellationToken.None" : "connection.Closed",
        ParameterSource.Pipe => "pipe",
        ParameterSource.Close => "close",
        ParameterSource.Path or ParameterSource.Query or ParameterSource.Header => OfRequest(parameter, "connection"),
        _ => OfServices(parameter.Type, parameter.Key, parameter.IsNullable && !parameter.IsValueType ? parameter.Default ?? "null" : null, parameter.IsValueType, "scope.ServiceProvider"),
    })];

    /// <summary>The arguments of the handler's constructor. <c>connection</c> is the connection.</summary>
    public static List<string> OfConstructor(EquatableArray<ParameterModel> parameters) => [.. parameters.Select(parameter => parameter.Source switch
    {
        ParameterSource.Connection => "connection",
        ParameterSource.Request => "connection.Request",
        ParameterSource.User => "connection.User",
        ParameterSource.Cancellation => "connection.Closed",
        ParameterSource.Path or ParameterSource.Query or ParameterSource.Header => OfRequest(parameter, "connection"),
        _ => OfServices(parameter.Type, parameter.Key, parameter.Default, parameter.IsValueType, "connection.Services"),
    })];

    /// <summary>A service from a provider, or <paramref name="absent"/> if the service is optional and not registered.</summary>
    public static string OfServices(string type, string? key, string? absent, bool isValueType, string provider)
    {
        if (type == Code.Services && key is null)
        {
            return provider;
        }

        if (key is not null)
        {
            return absent is null || isValueType ? $"{Code.KeyedServiceExtensions}.GetRequiredKeyedService<{type}>({provider}, {key})"
                : $"{Code.KeyedServiceExtensions}.GetKeyedService<{type}>({provider}, {key}){Or(absent)}";
        }

        return absent is null ? $"{Code.ServiceExtensions}.GetRequiredService<{type}>({provider})"
            : isValueType ? $"{provider}.GetService(typeof({type})) as {type}?{Or(absent)}"
            : $"{Code.ServiceExtensions}.GetService<{type}>({provider}){Or(absent)}";
    }

    /// <summary>The validation of a request value before the upgrade, or <see langword="null"/> if every value is valid.</summary>
    public static string? Check(ParameterModel parameter)
    {
        var name = Literals.Text(parameter.Key);
        var isText = parameter.Type == "string";
        var isRequired = parameter is { IsNullable: false, Default: null };
        return parameter.Source switch
        {
            ParameterSource.Path when !isText => $"{Code.Runtime}RequestValues.CheckRoute<{parameter.Type}>(connection, {name})",
            ParameterSource.Query or ParameterSource.Header when !isText || isRequired =>
                $"{Code.Runtime}RequestValues.Check{parameter.Source}<{parameter.Type}>(connection, {name}, required: {(isRequired ? "true" : "false")})",
            _ => null,
        };
    }

    private static string OfParameter(ParametersPlan parameters, ParameterModel parameter)
    {
        var local = parameters.Reads.Find(read => ReferenceEquals(read.Parameter, parameter)).Local;
        return parameter.Default == Literals.NullOfOther ? local + "!" : local;
    }

    private static string Or(string absent) => absent switch
    {
        "null" => "",
        Literals.NullOfOther => "!",
        _ => $" ?? {absent}",
    };

    private static string OfRequest(ParameterModel parameter, string connection)
    {
        var name = Literals.Text(parameter.Key);
        var values = Code.Runtime + "RequestValues.";
        if (parameter.Source == ParameterSource.Path)
        {
            return $"{values}FromRoute<{parameter.Type}>({connection}, {name})";
        }

        if (parameter is { IsNullable: true, IsValueType: true })
        {
            return $"{values}From{parameter.Source}Nullable<{parameter.Type}>({connection}, {name}{(parameter.Default is null or "null" ? "" : ", " + parameter.Default)})";
        }

        var absent = parameter.Default ?? (parameter.IsNullable ? "null" : null);
        return $"{values}From{parameter.Source}<{parameter.Type}>({connection}, {name}{(absent is null ? "" : ", " + absent)})";
    }
}
