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
        "'{0}' is the connection's memory until '{1}' ends, and {2}: copy it first, with ToArray()");

    public static readonly DiagnosticDescriptor UnitOfWorkInConstructor = Descriptors.Warning(
        "UPG113",
        Rules.MessageCategory,
        "Scoped service in a constructor lives as long as the connection",
        "'{0}' of '{1}' is a service for one unit of work, but here it lives as long as the connection: take it as a method parameter with [FromServices]");

    public static readonly DiagnosticDescriptor SharedState = Descriptors.Warning(
        "UPG114",
        Rules.MessageCategory,
        "Concurrent method uses mutable state",
        "'{0}' runs concurrently with {2} and uses '{1}', which is mutable: use a lock, Interlocked or a concurrent collection{3}");

    public static readonly DiagnosticDescriptor UnawaitedPush = Descriptors.Warning(
        "UPG121",
        Rules.MessageCategory,
        "Push is neither awaited nor returned",
        "The result of '{0}' is ignored, so the sender doesn't wait for a slow client and an exception is lost: await it, return it, or discard it with '_ ='");

    public static readonly DiagnosticDescriptor EndlessLoop = Descriptors.Warning(
        "UPG115",
        Rules.MessageCategory,
        "Endless loop stops the connection's messages",
        "'{0}' never ends, so the connection handles no other message: {1}");
}
