using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>Writes the given breaking changes, and no others, to the contract lock. The code fix of UPG501 uses it.</summary>
public static class LockUpdate
{
    /// <summary>Rewrites the lock file with the given changes.</summary>
    /// <param name="text">The current text of the file.</param>
    /// <param name="compilation">The compilation with the current declarations.</param>
    /// <param name="changes">The changes, as the <c>Change</c> property of their diagnostics identifies them.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The file with the changes, or <see langword="null"/> if it can't be read.</returns>
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

    /// <summary>The key that identifies a change of a protocol.</summary>
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
