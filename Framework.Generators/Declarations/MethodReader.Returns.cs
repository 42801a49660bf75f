using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <content>Reads the return type of a method.</content>
internal sealed partial class MethodReader
{
    /// <summary>The type of the reply or of the stream's items, or <see langword="null"/>.</summary>
    public static ITypeSymbol? ResultOf(IMethodSymbol method) => Classify(method)?.Result;

    private (ReturnShape Shape, ITypeSymbol? Result)? ReadReturn(IMethodSymbol method, MethodRole role)
    {
        if (ContainsError(method.ReturnType))
        {
            return null;
        }

        var returns = Classify(method);
        if (role == MethodRole.Message)
        {
            if (returns is not { } shape)
            {
                problems.Report(Rules.ReturnType, () => LocationOf(method), method.Display(), method.ReturnType.Display());
                return null;
            }

            if (shape.Result is { } result)
            {
                if (ContainsError(result))
                {
                    return null;
                }

                if (Payloads.Problem(result, canBeSpan: false) is { } problem)
                {
                    problems.Report(Rules.NotAPayload, () => LocationOf(method), result.Display(), method.Display(), problem);
                    return null;
                }
            }

            return shape;
        }

        var isRight = role switch
        {
            MethodRole.OnUpgrading => returns is { Shape: ReturnShape.Value or ReturnShape.TaskOfValue or ReturnShape.ValueTaskOfValue, Result: { } decision }
                && decision.Is(Ours, "UpgradeResult"),
            MethodRole.Background => returns is { Shape: ReturnShape.Task or ReturnShape.ValueTask },
            MethodRole.OnUpgraded => returns is { Shape: ReturnShape.Void or ReturnShape.Task or ReturnShape.ValueTask },
            _ => returns is
            {
                Shape: ReturnShape.Void or ReturnShape.Task or ReturnShape.ValueTask
                    or ReturnShape.SendResult or ReturnShape.TaskOfSendResult or ReturnShape.ValueTaskOfSendResult,
            },
        };
        if (!isRight)
        {
            var wanted = role switch
            {
                MethodRole.OnUpgrading => "return an UpgradeResult, or a Task or ValueTask of it",
                MethodRole.Background => "return Task or ValueTask",
                _ => "return void, Task or ValueTask",
            };
            problems.Report(
                Rules.Lifecycle, () => LocationOf(method), method.Display(), $"returns '{method.ReturnType.Display()}', which [{role}] doesn't support: {wanted}");
            return null;
        }

        return (returns!.Value.Shape, null);
    }

    private static (ReturnShape Shape, ITypeSymbol? Result)? Classify(IMethodSymbol method)
    {
        if (method.ReturnsVoid)
        {
            return (ReturnShape.Void, null);
        }

        if (method.ReturnsByRef || method.ReturnsByRefReadonly || method.ReturnType is IPointerTypeSymbol or IFunctionPointerTypeSymbol)
        {
            return null;
        }

        var type = method.ReturnType;
        if (type.Is("System.Threading.Tasks", "Task"))
        {
            return (ReturnShape.Task, null);
        }

        if (type.Is("System.Threading.Tasks", "ValueTask"))
        {
            return (ReturnShape.ValueTask, null);
        }

        if (type.Is(Ours, "SendResult"))
        {
            return (ReturnShape.SendResult, null);
        }

        var isTask = type.Is("System.Threading.Tasks", "Task`1");
        if (isTask || type.Is("System.Threading.Tasks", "ValueTask`1"))
        {
            var result = ((INamedTypeSymbol)type).TypeArguments[0];
            if (result.Is(Ours, "SendResult"))
            {
                return (isTask ? ReturnShape.TaskOfSendResult : ReturnShape.ValueTaskOfSendResult, null);
            }

            return IsPromise(result) || StreamOf(result) is not null ? null : (isTask ? ReturnShape.TaskOfValue : ReturnShape.ValueTaskOfValue, result);
        }

        if (StreamOf(type) is { } item)
        {
            return IsPromise(item) ? null : (ReturnShape.Stream, item);
        }

        return IsPromise(type) ? null : (ReturnShape.Value, type);
    }

    private static ITypeSymbol? StreamOf(ITypeSymbol type)
    {
        if (IsPlainValue(type))
        {
            return null;
        }

        var streams = type.AllInterfaces.Concat(type is INamedTypeSymbol named ? [named] : [])
            .Where(candidate => candidate.Is("System.Collections.Generic", "IAsyncEnumerable`1"))
            .Take(2)
            .ToList();
        return streams is [var stream] ? stream.TypeArguments[0] : null;
    }

    /// <summary>Whether the type represents a later result. Only Task, ValueTask and IAsyncEnumerable are supported.</summary>
    private static bool IsPromise(ITypeSymbol type) =>
        type.IsNullableValue(out var value) ? IsPromise(value)
        : !IsPlainValue(type) && (type.Is("System", "IObservable`1")
        || type.Is("System.Collections.Generic", "IAsyncEnumerator`1")
        || type.Is("System.Threading.Channels", "ChannelReader`1")
        || (type as INamedTypeSymbol)?.SelfAndBases().Any(level => level.GetMembers("GetAwaiter").OfType<IMethodSymbol>().Any(awaiter => awaiter.Parameters.IsEmpty)) == true);

    // Most results are records. A request for their members or interfaces would make the compiler synthesize all of them.
    private static bool IsPlainValue(ITypeSymbol type) => type.SpecialType != SpecialType.None || type.IsRecord || type.TypeKind == TypeKind.Array;
}
