using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Generators.Emit;

/// <summary>The names of framework and .NET types in generated code.</summary>
internal static class Code
{
    public const string Namespace = "UpgradeProtocols.Generated";

    /// <summary>
    /// The nested class with the methods that call the handler's methods. It is separate from the dispatcher, which inherits members of the
    /// runtime. So the user's names can't be confused with inherited members.
    /// </summary>
    public const string Calls = "Calls";

    /// <summary>The nested classes that a handler's generated class may have.</summary>
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

    /// <summary>A value of a framework enum: its name, or a cast if the value has no name.</summary>
    public static string Enum(string type, int value, string[] names) =>
        value >= 0 && value < names.Length ? $"{Ours}{type}.{names[value]}" : $"({Ours}{type})({Literals.Number(value)})";

    /// <summary>The shared instance of a codec that protocols name.</summary>
    public static string CodecOf(CodecModel codec) => $"{Runtime}SharedCodec<{codec.Type}>.Instance";

    /// <summary>The serializer of bytes that are sent unchanged.</summary>
    public static string Memory(bool isNullable) => isNullable ? $"{Runtime}NullableMemoryPayload.Instance" : $"{Ours}MemoryPayload.Instance";

    /// <summary>A text in a documentation comment: on one line, with escaped markup.</summary>
    public static string Xml(string text) => new string([.. text.Select(character => char.IsControl(character) || character is '\u2028' or '\u2029' ? ' ' : character)])
        .Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;");

    /// <summary>The [Message] attribute with the message's name or tag.</summary>
    public static string MessageAttribute(string? name, int? tag, string nameless = "[Message]") =>
        name is not null ? $"[Message({Literals.Text(name)})]"
        : tag is { } number ? $"[Message({Literals.Number(number)})]"
        : nameless;

    /// <summary>Writes the attributes that suppress a method's trimming warnings, which the analyzers report instead.</summary>
    public static void SuppressTrimming(SourceWriter writer)
    {
        const string justification = "Justification = \"A diagnostic requires a JsonContext in trimmed programs.\"";
        writer.Line($"[global::System.Diagnostics.CodeAnalysis.UnconditionalSuppressMessageAttribute(\"Trimming\", \"IL2026\", {justification})]");
        writer.Line($"[global::System.Diagnostics.CodeAnalysis.UnconditionalSuppressMessageAttribute(\"AOT\", \"IL3050\", {justification})]");
    }
}
