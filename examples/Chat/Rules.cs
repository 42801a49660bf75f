using UpgradeProtocols;

namespace Chat;

/// <summary>The rules for names, rooms and texts. A client that breaks one gets an error, and the connection stays open.</summary>
internal static class Rules
{
    private const int MaxName = 32;
    private const int MaxText = 2000;

    public static string Name(string name) => Label(name, "invalid_name", "A name");

    public static string Room(string room) => Label(room, "invalid_room", "A room's name");

    public static string Text(string text) =>
        string.IsNullOrWhiteSpace(text) ? throw new MessageException("invalid_text", "The message is empty.")
        : text.Length > MaxText ? throw new MessageException("invalid_text", $"A message has at most {MaxText} characters.")
        : text;

    public static int Count(int count) => count >= 0
        ? Math.Min(count, Chat.Room.MaxHistory)
        : throw new MessageException("invalid_count", "The count of messages can't be negative.");

    private static string Label(string label, string code, string what)
    {
        label = label.Trim();
        return label.Length is > 0 and <= MaxName && !label.Any(char.IsControl)
            ? label
            : throw new MessageException(code, $"{what} has 1 to {MaxName} characters, on one line.");
    }
}
