using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Peers;

/// <summary>Runs a full garbage collection on SIGCONT, so that memory can be compared.</summary>
internal static class ForcedCollection
{
    private static PosixSignalRegistration? s_registration;

    [ModuleInitializer]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    internal static void Register() => s_registration = PosixSignalRegistration.Create(
        PosixSignal.SIGCONT, static _ => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true));
}
