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
        "Published protocol breaks its clients",
        "The published protocol '{0}' breaks its clients: {1}. Undo it, or declare a protocol with a new name beside this one");

    public static readonly DiagnosticDescriptor Additive = Descriptors.Info(
        "UPG502",
        Category,
        "Contract lock lacks an addition",
        FileName + " lacks this of the protocol '{0}': {1}. Update the file when it is published");

    public static readonly DiagnosticDescriptor Unreadable = Descriptors.Error(
        "UPG503",
        Category,
        "Contract lock can't be read",
        FileName + " can't be read: {0}. Write it anew, or make it empty");

    public static readonly DiagnosticDescriptor Repeated = Descriptors.Error(
        "UPG504",
        Category,
        "Contract lock has something twice",
        FileName + " has {0} twice, as a merge of two branches may leave it: remove one of them. The first counts meanwhile");
}
