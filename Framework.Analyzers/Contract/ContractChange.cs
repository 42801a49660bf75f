using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>A difference between a published protocol and the declared one.</summary>
/// <param name="IsBreaking">Whether the change breaks clients of the published protocol.</param>
/// <param name="Message">The message that differs, or <see langword="null"/> if the protocol itself differs.</param>
/// <param name="IsSent">Whether the server sends the message.</param>
/// <param name="What">The difference in the words of a diagnostic.</param>
/// <param name="Accept">Applies the change to the published protocol.</param>
internal sealed record ContractChange(
    bool IsBreaking, string? Message, bool IsSent, string What, Func<ProtocolDescription, ProtocolDescription> Accept);
