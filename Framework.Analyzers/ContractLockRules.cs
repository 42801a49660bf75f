using Microsoft.CodeAnalysis;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>The rules of the contract lock. A project enables them by adding the file.</summary>
internal static class ContractLockRules
{
    public const string Category = "UpgradeProtocols.Contract";
    public const string FileName = "upgrade-protocols.lock.json";

    public static readonly DiagnosticDescriptor Breaking = Descriptors.Error(
        "UPG501",
        Category,
        "Change breaks a published protocol",
        "A change of the published protocol '{0}' breaks its clients: {1}. Undo the change, or declare another protocol with a new name");

    public static readonly DiagnosticDescriptor Additive = Descriptors.Info(
        "UPG502",
        Category,
        "Contract lock is not up to date",
        FileName + " is not up to date for the protocol '{0}'. It lacks {1}. Update the file when the addition is published");

    public static readonly DiagnosticDescriptor Unreadable = Descriptors.Error(
        "UPG503",
        Category,
        "Contract lock can't be read",
        FileName + " can't be read: {0}. Restore it from version control, or empty it");

    public static readonly DiagnosticDescriptor Repeated = Descriptors.Error(
        "UPG504",
        Category,
        "Contract lock has a duplicate entry",
        FileName + " contains {0} twice, possibly after a merge of two branches: remove one of them. Until then, only the first one is compared");
}
