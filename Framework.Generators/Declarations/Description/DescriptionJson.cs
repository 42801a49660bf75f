using System.Globalization;
using System.Text;

namespace UpgradeProtocols.Declarations;

/// <summary>Writes descriptions as sorted JSON with one line for each message and type, so that a change affects only its line.</summary>
internal static class DescriptionJson
{
    public static string Write(IEnumerable<ProtocolDescription> protocols)
    {
        var text = new StringBuilder("{\n  \"version\": 1,\n  \"protocols\": [");
        var isFirst = true;
        foreach (var protocol in protocols
            .OrderBy(protocol => protocol.Path, StringComparer.Ordinal)
            .ThenBy(protocol => protocol.Name, StringComparer.Ordinal)
            .ThenBy(protocol => protocol.Kind, StringComparer.Ordinal))
        {
            text.Append(isFirst ? "\n" : ",\n").Append("    {\n");
            isFirst = false;
            text.Append("      \"name\": ").Append(protocol.Name is { } name ? Quote(name) : "null").Append(",\n");
            text.Append("      \"path\": ").Append(Quote(protocol.Path)).Append(",\n");
            text.Append("      \"kind\": ").Append(Quote(protocol.Kind)).Append(",\n");
            text.Append("      \"format\": ").Append(Quote(protocol.Format)).Append(",\n");
            List(text, "receives", protocol.Receives.Select(Message)).Append(",\n");
            List(text, "sends", protocol.Sends.Select(Message)).Append(",\n");
            List(text, "types", protocol.Types.Select(Type)).Append("\n    }");
        }

        return text.Append(isFirst ? "]\n}\n" : "\n  ]\n}\n").ToString();
    }

    private static StringBuilder List(StringBuilder text, string name, IEnumerable<string> lines)
    {
        var joined = string.Join(",\n", lines.Select(line => "        " + line));
        return text.Append("      ").Append(Quote(name)).Append(joined.Length == 0 ? ": []" : $": [\n{joined}\n      ]");
    }

    private static string Message(MessageDescription message)
    {
        var payload = message.Payloads switch
        {
            [] => "",
            [var one] => ", \"payload\": " + Quote(one),
            var several => ", \"payloads\": " + Texts(several),
        };
        var reply = message.Reply is { } given ? ", \"reply\": " + Quote(given) : "";
        var stream = message.Stream is { } items ? ", \"stream\": " + Quote(items) : "";
        return $"{{ \"message\": {Quote(message.Message)}{payload}{reply}{stream} }}";
    }

    private static string Type(TypeDescription type)
    {
        var members = type.Members.Count == 0 ? ""
            : $", \"members\": [{string.Join(", ", type.Members.Select(member => $"{{ \"name\": {Quote(member.Name)}, \"type\": {Quote(member.Type)}{(member.IsRequired ? ", \"required\": true" : "")} }}"))}]";
        return $"{{ \"type\": {Quote(type.Type)}{members}{(type.Values.Count == 0 ? "" : ", \"values\": " + Texts(type.Values))} }}";
    }

    private static string Texts(IEnumerable<string> texts) => $"[{string.Join(", ", texts.Select(Quote))}]";

    private static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var character in text)
        {
            quoted.Append(character switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                < ' ' or '\u007f' or '\u0085' or '\u2028' or '\u2029' => "\\u" + ((int)character).ToString("x4", CultureInfo.InvariantCulture),
                _ => character.ToString(),
            });
        }

        return quoted.Append('"').ToString();
    }
}
