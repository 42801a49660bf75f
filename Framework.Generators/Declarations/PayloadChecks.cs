using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>Checks whether System.Text.Json can serialize a payload: UPG201 and UPG203.</summary>
internal static class PayloadChecks
{
    /// <param name="problems">Receives the problems.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="method">The method that takes or returns it.</param>
    /// <param name="context">The protocol's context, or <see langword="null"/> for reflection.</param>
    /// <param name="isPlain">Whether the format sends text and bytes unchanged as payloads.</param>
    /// <param name="isRead">Whether it comes from the client.</param>
    /// <param name="location">The location of the diagnostics.</param>
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
