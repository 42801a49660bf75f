using System.Text.Json;
using System.Text.Json.Serialization;
using UpgradeProtocols;

namespace Board;

/// <summary>The messages that the server sends without a request.</summary>
[ClientContract]
public interface IBoardEvents
{
    [Message("pinned")]
    ValueTask PinnedAsync(Notice notice);

    [Message("unpinned")]
    ValueTask UnpinnedAsync(Unpin unpin);

    [Message("present")]
    ValueTask PresentAsync(string[] names);
}

public sealed record Login(string Name, bool IsEditor);

public sealed record LoggedIn(string Token, DateTimeOffset Expires, string Role);

public sealed record Draft(string Text);

public sealed record Notice(int Id, string By, string Text, DateTimeOffset At);

public sealed record Unpin(int Id);

public sealed record Renew(string Token);

public sealed record Renewed(DateTimeOffset Expires);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Notice)), JsonSerializable(typeof(Notice[])), JsonSerializable(typeof(Draft)), JsonSerializable(typeof(Unpin))]
[JsonSerializable(typeof(Renew)), JsonSerializable(typeof(Renewed)), JsonSerializable(typeof(string[]))]
public sealed partial class BoardJson : JsonSerializerContext;
