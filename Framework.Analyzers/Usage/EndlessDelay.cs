using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>A delay that is awaited or returned, and ends only with the connection or never: <c>Task.Delay(Timeout.Infinite)</c>.</summary>
internal static class EndlessDelay
{
    public static bool Is(IInvocationOperation call)
    {
        if (call.TargetMethod.Name != "Delay" || !call.TargetMethod.ContainingType.Is("System.Threading.Tasks", "Task"))
        {
            return false;
        }

        var arguments = call.Arguments.Where(argument => argument.ArgumentKind == ArgumentKind.Explicit).ToList();
        var time = arguments.Find(argument => argument.Parameter?.Ordinal == 0)?.Value;
        var token = arguments.Find(argument => argument.Parameter is { } parameter && parameter.Type.Is("System.Threading", "CancellationToken"))?.Value;

        // Any other token may be cancelled earlier.
        return time is not null && IsInfinite(time) && (token is null || IsNone(token) || EndlessLoopAnalyzer.IsTokenOfConnection(token)) && IsAwaited(call);
    }

    private static bool IsInfinite(IOperation time) => time switch
    {
        { ConstantValue: { HasValue: true, Value: -1 } } => true,
        IConversionOperation conversion => IsInfinite(conversion.Operand),
        IFieldReferenceOperation { Field: { Name: "InfiniteTimeSpan" } field } => field.ContainingType.Is("System.Threading", "Timeout"),
        IInvocationOperation { TargetMethod: { Name: "FromMilliseconds" } make } conversion =>
            make.ContainingType.Is("System", "TimeSpan") && conversion.Arguments.Any(argument => IsMinusOne(argument.Value)),
        _ => false,
    };

    private static bool IsMinusOne(IOperation value) =>
        value.ConstantValue is { HasValue: true, Value: -1 or -1L or -1d } || (value is IConversionOperation conversion && IsMinusOne(conversion.Operand));

    private static bool IsNone(IOperation token) =>
        token is IDefaultValueOperation or IPropertyReferenceOperation { Property.Name: "None" } || (token is IConversionOperation conversion && IsNone(conversion.Operand));

    private static bool IsAwaited(IOperation task) => task.Parent switch
    {
        IAwaitOperation or IReturnOperation => true,
        IConversionOperation or IParenthesizedOperation => IsAwaited(task.Parent),
        IInvocationOperation { TargetMethod.Name: "ConfigureAwait" } => IsAwaited(task.Parent),
        IObjectCreationOperation { Type.Name: "ValueTask" } => IsAwaited(task.Parent),
        IArgumentOperation { Parent: IObjectCreationOperation { Type.Name: "ValueTask" } creation } => IsAwaited(creation),
        _ => false,
    };
}
