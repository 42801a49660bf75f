using System.Diagnostics;

namespace UpgradeProtocols;

/// <summary>The activity in which a conversation was opened, such as that of the upgrade request.</summary>
internal static class EnclosingActivity
{
    /// <summary>Detaches this execution flow from the activity: the conversation outlives it.</summary>
    public static void Leave()
    {
        if (Activity.Current is not null)
        {
            Activity.Current = null;
        }
    }
}
