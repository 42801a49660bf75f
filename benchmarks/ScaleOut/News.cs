namespace UpgradeProtocols.ScaleOut;

[UpgradeProtocol("news.v1", Path = "/news", JsonContext = typeof(NewsJson), Client = typeof(INewsEvents))]
public sealed class NewsHandler
{
    [Message("nothing")]
    public void Nothing()
    {
    }
}

[ClientContract]
public interface INewsEvents
{
    [Message("told")]
    ValueTask<SendResult> ToldAsync(News news);

    [Message("flooded", SlowConsumer = SlowConsumerPolicy.DropOldest)]
    ValueTask<SendResult> FloodedAsync(News news);
}

public readonly record struct News(string Text);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(News))]
public sealed partial class NewsJson : JsonSerializerContext;
