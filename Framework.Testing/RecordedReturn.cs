using System.Reflection;

namespace UpgradeProtocols.Testing;

/// <summary>Creates the return values of recorded calls, for all return types that a client contract's methods have.</summary>
internal static class RecordedReturn
{
    private static readonly MethodInfo s_valueTask = Method(nameof(InValueTask));
    private static readonly MethodInfo s_task = Method(nameof(InTask));

    public static object? Of(Type type, RecordedCall call, Func<RecordedCall, object?>? reply, SendResult result)
    {
        if (type == typeof(void))
        {
            return null;
        }

        if (type == typeof(ValueTask))
        {
            reply?.Invoke(call);
            return default(ValueTask);
        }

        if (type == typeof(Task))
        {
            reply?.Invoke(call);
            return Task.CompletedTask;
        }

        var value = type.GetGenericArguments()[0];
        reply ??= value == typeof(SendResult)
            ? _ => result
            : throw new InvalidOperationException($"{call.Method} is a request: set its reply with Reply(\"{call.Method}\", …).");
        return (type.GetGenericTypeDefinition() == typeof(Task<>) ? s_task : s_valueTask).MakeGenericMethod(value).Invoke(null, [call, reply]);
    }

    // An exception of the reply delegate is thrown when the caller awaits.
    private static ValueTask<T> InValueTask<T>(RecordedCall call, Func<RecordedCall, object?> reply) => new(InTask<T>(call, reply));

    private static Task<T> InTask<T>(RecordedCall call, Func<RecordedCall, object?> reply)
    {
        try
        {
            return Task.FromResult((T)reply(call)!);
        }
        catch (Exception e)
        {
            return Task.FromException<T>(e);
        }
    }

    private static MethodInfo Method(string name) => typeof(RecordedReturn).GetMethod(name, BindingFlags.Static | BindingFlags.NonPublic)!;
}
