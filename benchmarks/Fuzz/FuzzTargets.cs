namespace UpgradeProtocols.Fuzz;

/// <summary>The code that reads a peer's bytes. Each target takes an input and throws if a promise is broken.</summary>
internal static class FuzzTargets
{
    // The names are listed here and resolved below, so that listing them doesn't load the assemblies to instrument.
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
