using Microsoft.CodeAnalysis;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>The rules for the JSON serialization of payloads.</summary>
internal static class JsonRules
{
    /// <summary>A warning if the program is trimmed, otherwise an info.</summary>
    public static readonly DiagnosticDescriptor Reflection = Descriptors.Warning(
        "UPG202",
        Rules.PayloadCategory,
        "JSON without a context uses reflection",
        "The payloads of '{0}' are serialized by reflection, {1}: set JsonContext to a JsonSerializerContext");

    public static readonly DiagnosticDescriptor OneName = Descriptors.Error(
        "UPG207",
        Rules.PayloadCategory,
        "JSON context has two types with the same name",
        "'{0}' contains '{1}' and '{2}' with the same name '{3}', so System.Text.Json omits one of them: give it a unique name with {4}");

    public static readonly DiagnosticDescriptor NullForOther = Descriptors.Warning(
        "UPG208",
        Rules.PayloadCategory,
        "JSON context accepts null for non-nullable members",
        "'{0}' sets '{1}' to null if a client omits it or sends null: set {2} in its [JsonSourceGenerationOptions]");

    public static readonly DiagnosticDescriptor Naming = Descriptors.Warning(
        "UPG204",
        Rules.PayloadCategory,
        "JSON context doesn't use camel case",
        "'{0}' uses the C# names of members, so '{1}' from a browser doesn't set '{2}': mark the context with [JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]");
}
