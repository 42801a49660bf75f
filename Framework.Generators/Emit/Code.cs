using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Generators.Emit;

/// <summary>What generated code names of the framework and of .NET.</summary>
internal static class Code
{
    public const string Namespace = "UpgradeProtocols.Generated";

    /// <summary>
    /// The nested class with the methods that call the handler's. A dispatcher has members of the runtime's: what it calls stands in
    /// no class that it derives from, so that the user's names can't be taken for those.
    /// </summary>
    public const string Calls = "Calls";

    /// <summary>The nested classes that every handler's generated class may have.</summary>
    public static readonly string[] NestedClasses = [Calls, "Access", "Parameters", "Payloads"];
    public const string ValueTask = "global::System.Threading.Tasks.ValueTask";
    public const string Ours = "global::UpgradeProtocols.";
    public const string Runtime = "global::UpgradeProtocols.Runtime.";
    public const string Connection = Ours + "UpgradeConnection";
    public const string Services = "global::System.IServiceProvider";
    public const string ServiceExtensions = "global::Microsoft.Extensions.DependencyInjection.ServiceProviderServiceExtensions";
    public const string KeyedServiceExtensions = "global::Microsoft.Extensions.DependencyInjection.ServiceProviderKeyedServiceExtensions";

    public static string GeneratedCode { get; } =
        $"[global::System.CodeDom.Compiler.GeneratedCodeAttribute(\"UpgradeProtocols.Generators\", \"{typeof(Code).Assembly.GetName().Version.ToString(3)}\")]";

    /// <summary>A value of <c>SlowConsumerPolicy</c>.</summary>
    public static string Policy(int value) => Enum("SlowConsumerPolicy", value, ["Wait", "DropOldest", "DropNewest", "Close"]);

    /// <summary>A value of an enum of ours: its name, or a cast where it has none.</summary>
    public static string Enum(string type, int value, string[] names) =>
        value >= 0 && value < names.Length ? $"{Ours}{type}.{names[value]}" : $"({Ours}{type})({Literals.Number(value)})";

    /// <summary>The instance of a codec that protocols name.</summary>
    public static string CodecOf(CodecModel codec) => $"{Runtime}SharedCodec<{codec.Type}>.Instance";

    /// <summary>The serializer of bytes as they are.</summary>
    public static string Memory(bool isNullable) => isNullable ? $"{Runtime}NullableMemoryPayload.Instance" : $"{Ours}MemoryPayload.Instance";

    /// <summary>A text in a comment of documentation: on one line, and no markup.</summary>
    public static string Xml(string text) => new string([.. text.Select(character => char.IsControl(character) || character is '\u2028' or '\u2029' ? ' ' : character)])
        .Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;");

    /// <summary>A message's attribute, as its method has it.</summary>
    public static string MessageAttribute(string? name, int? tag) =>
        name is not null ? $"[Message({Literals.Text(name)})]"
        : tag is { } number ? $"[Message({Literals.Number(number)})]"
        : "[Message]";

    /// <summary>The attributes of a method whose trimming warnings are the analyzers' to report.</summary>
    public static void SuppressTrimming(SourceWriter writer)
    {
        const string justification = "Justification = \"A diagnostic asks for a JsonContext where programs are trimmed.\"";
        writer.Line($"[global::System.Diagnostics.CodeAnalysis.UnconditionalSuppressMessageAttribute(\"Trimming\", \"IL2026\", {justification})]");
        writer.Line($"[global::System.Diagnostics.CodeAnalysis.UnconditionalSuppressMessageAttribute(\"AOT\", \"IL3050\", {justification})]");
    }
}
