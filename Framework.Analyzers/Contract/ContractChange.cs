using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>A difference between a published protocol and the declared one.</summary>
/// <param name="IsBreaking">Whether clients that know the published one can no longer talk.</param>
/// <param name="Message">The message that differs, or <see langword="null"/> when it is the protocol.</param>
/// <param name="IsSent">Whether the server sends the message.</param>
/// <param name="What">What differs, for people.</param>
/// <param name="Accept">Takes the change into the published protocol.</param>
internal sealed record ContractChange(
    bool IsBreaking, string? Message, bool IsSent, string What, Func<ProtocolDescription, ProtocolDescription> Accept);
