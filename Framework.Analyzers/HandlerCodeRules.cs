using Microsoft.CodeAnalysis;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>The rules for a handler's code: lifetimes, concurrency, and methods that never end.</summary>
internal static class HandlerCodeRules
{
    public static readonly DiagnosticDescriptor BorrowedOutlives = Descriptors.Warning(
        "UPG109",
        Rules.MessageCategory,
        "Borrowed payload outlives the call",
        "'{0}' is a buffer of the connection that is valid only until '{1}' ends, but it {2}: copy it with ToArray()");

    public static readonly DiagnosticDescriptor UnitOfWorkInConstructor = Descriptors.Warning(
        "UPG113",
        Rules.MessageCategory,
        "Unit-of-work service lives as long as the connection",
        "'{0}' of '{1}' is designed for one unit of work, but lives as long as the connection: take it as a method parameter with [FromServices]");

    public static readonly DiagnosticDescriptor SharedState = Descriptors.Warning(
        "UPG114",
        Rules.MessageCategory,
        "Concurrent method accesses mutable state",
        "'{0}' runs concurrently with {2} and accesses the mutable state '{1}': guard it with a lock, use Interlocked or a concurrent collection{3}");

    public static readonly DiagnosticDescriptor UnawaitedPush = Descriptors.Warning(
        "UPG121",
        Rules.MessageCategory,
        "Push is neither awaited nor returned",
        "'{0}' is not awaited, so the method continues to send while the client is slow, and an exception is lost: await it, return it, or discard it explicitly with '_ ='");

    public static readonly DiagnosticDescriptor EndlessLoop = Descriptors.Warning(
        "UPG115",
        Rules.MessageCategory,
        "Endless loop blocks the connection's messages",
        "'{0}' never ends and blocks the other messages of its connection: {1}");
}
