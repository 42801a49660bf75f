namespace UpgradeProtocols.Fuzz;

/// <summary>What reads a peer's bytes. Each takes an input and throws where a promise about it is broken.</summary>
internal static class FuzzTargets
{
    // Named here, and found below, so that the names can be asked for without loading what is to be instrumented.
    public static string[] Names { get; } = ["head", "frames", "inflate", "conversation"];

    public static Action<byte[]> Find(string name) => name switch
    {
        "head" => HeadTarget.Run,
        "frames" => FramesTarget.Run,
        "inflate" => InflateTarget.Run,
        "conversation" => ConversationTarget.Run,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "There is no such target."),
    };
}

/// <summary>A promise about an input that was broken.</summary>
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
