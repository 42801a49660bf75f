using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>Holds a payload that is JSON against what reads and writes it: UPG201 and UPG203.</summary>
internal static class PayloadChecks
{
    /// <param name="problems">Takes what is wrong.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="method">The method that takes or gives it.</param>
    /// <param name="context">The protocol's context, or <see langword="null"/> for reflection.</param>
    /// <param name="isPlain">Whether text and bytes are payloads as they are.</param>
    /// <param name="isRead">Whether it comes from the client.</param>
    /// <param name="location">Where to report.</param>
    public static void Check(
        ProblemSink problems, ITypeSymbol payload, IMethodSymbol method, INamedTypeSymbol? context, bool isPlain, bool isRead, Func<Location> location)
    {
        if ((isPlain ? JsonShapes.ProblemOfBytes(payload) : null) is { } bytes)
        {
            problems.Report(Rules.NotAPayload, location, payload.Display(), method.Display(), bytes);
        }
        else if (JsonShapes.Problem(payload, context) is { } shape)
        {
            problems.Report(Rules.NotAPayload, location, payload.Display(), method.Display(), shape);
        }
        else if (context is not null && !JsonContexts.Knows(context, payload))
        {
            JsonContexts.ReportUnknown(problems, context, payload, location);
        }
        else if (context is not null && isRead && JsonShapes.IsWriteOnly(context, payload))
        {
            JsonContexts.ReportWriteOnly(problems, context, payload, location);
        }
    }
}
