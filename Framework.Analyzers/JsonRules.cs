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
        "The payloads of '{0}' are read and written by reflection, {1}: name a JsonSerializerContext in JsonContext");

    public static readonly DiagnosticDescriptor OneName = Descriptors.Error(
        "UPG207",
        Rules.PayloadCategory,
        "JSON context has two types of one name",
        "'{0}' has '{1}' and '{2}' under the name '{3}', and System.Text.Json leaves one of them out: name it by {4}");

    public static readonly DiagnosticDescriptor NullForOther = Descriptors.Warning(
        "UPG208",
        Rules.PayloadCategory,
        "JSON context takes null for what can't be null",
        "'{0}' sets '{1}' to null where a client leaves it out or sends null: set {2} in its [JsonSourceGenerationOptions]");

    public static readonly DiagnosticDescriptor Naming = Descriptors.Warning(
        "UPG204",
        Rules.PayloadCategory,
        "JSON context has no web naming",
        "'{0}' names members as C# does, so a browser's '{1}' doesn't fill '{2}': mark it with [JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]");
}
