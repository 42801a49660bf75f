using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>Takes changes that break clients into the contract lock, for the code fix of UPG501: the given ones and no others.</summary>
public static class LockUpdate
{
    /// <summary>Writes the lock file anew.</summary>
    /// <param name="text">The file as it is.</param>
    /// <param name="compilation">What is declared now.</param>
    /// <param name="changes">The changes, as their diagnostics name them in <c>Change</c>.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>The file with the changes, or <see langword="null"/> when it can't be read.</returns>
    public static string? Accept(string text, Compilation compilation, IReadOnlyCollection<string> changes, CancellationToken cancellationToken)
    {
        var published = LockFile.Read("", SourceText.From(text));
        if (published.Problem is not null || FrameworkTypes.In(compilation) is not { } types)
        {
            return null;
        }

        var declared = DeclaredContract.Read(compilation, types, cancellationToken);
        return DescriptionJson.Write(published.Protocols.Select(known => Accept(known.Protocol, declared.Find(known.Protocol), changes)));
    }

    /// <summary>Names a change of a protocol.</summary>
    internal static string KeyOf(ProtocolDescription protocol, ContractChange change) =>
        string.Join("\n", protocol.Kind, protocol.Path, protocol.Name, change.IsSent ? "sends" : "receives", change.Message, change.What);

    private static ProtocolDescription Accept(ProtocolDescription published, ProtocolDescription? declared, IReadOnlyCollection<string> changes)
    {
        if (declared is null)
        {
            return published;
        }

        var accepted = ContractComparer.Compare(published, declared)
            .Where(change => change.IsBreaking && changes.Contains(KeyOf(declared, change)))
            .ToList();
        return accepted.Count == 0 ? published : ContractTypes.Complete(accepted.Aggregate(published, (protocol, change) => change.Accept(protocol)), declared);
    }
}
