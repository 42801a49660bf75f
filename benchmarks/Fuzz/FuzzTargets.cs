namespace UpgradeProtocols.Fuzz;

/// <summary>The targets: the code that reads a peer's bytes. Each target takes an input and throws if an invariant is broken.</summary>
internal static class FuzzTargets
{
    // The names are separate from the lookup below, so that reading them doesn't load the assemblies to instrument.
    public static string[] Names { get; } = ["head", "frames", "inflate", "conversation"];

    public static Action<byte[]> Find(string name) => name switch
    {
        "head" => HeadTarget.Run,
        "frames" => FramesTarget.Run,
        "inflate" => InflateTarget.Run,
        "conversation" => ConversationTarget.Run,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "The target does not exist."),
    };
}

/// <summary>The exception for an input that breaks an invariant.</summary>
internal sealed class BrokenPromiseException(string message) : Exception(message)
{
    public static void ThrowUnless(bool holds, string promise)
    {
        if (!holds)
        {
            throw new BrokenPromiseException(promise);
        }
    }

    public static void ThrowUnlessSame(string promise, string expected, string actual)
    {
        if (expected != actual)
        {
            throw new BrokenPromiseException($"{promise}\nexpected: {expected}\nactual:   {actual}");
        }
    }
}
