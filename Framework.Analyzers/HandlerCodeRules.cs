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
        "Service of one unit of work lives as long as the connection",
        "'{0}' of '{1}' is made for one unit of work and would live as long as the connection: take it as a method's parameter with [FromServices]");

    public static readonly DiagnosticDescriptor SharedState = Descriptors.Warning(
        "UPG114",
        Rules.MessageCategory,
        "Method that runs beside others touches mutable state",
        "'{0}' runs beside {2} and touches '{1}', which changes: guard it with a lock, use Interlocked or a concurrent collection{3}");

    public static readonly DiagnosticDescriptor UnawaitedPush = Descriptors.Warning(
        "UPG121",
        Rules.MessageCategory,
        "Push is neither awaited nor returned",
        "Nobody waits for '{0}', so a slow client doesn't hold its sender up and an exception is lost: await it, return it, or discard it with '_ =' on purpose");

    public static readonly DiagnosticDescriptor EndlessLoop = Descriptors.Warning(
        "UPG115",
        Rules.MessageCategory,
        "Endless loop stops the connection's messages",
        "'{0}' never ends, and no other message of its connection is handled meanwhile: {1}");
}
