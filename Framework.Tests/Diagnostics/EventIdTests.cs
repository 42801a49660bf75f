using System.Reflection;
using Microsoft.Extensions.Logging;
using UpgradeProtocols.Transport.Epoll;

namespace UpgradeProtocols.Tests.Diagnostics;

/// <summary>Operators filter and alert by event ids: each means one thing.</summary>
public class EventIdTests
{
    [Fact]
    public void No_two_messages_have_an_id_and_each_stands_in_its_range()
    {
        Assembly[] assemblies = [typeof(UpgradeEngine).Assembly, typeof(RedisBackplaneOptions).Assembly, typeof(EpollTransportFactory).Assembly];
        var messages = assemblies.SelectMany(assembly => assembly.GetTypes())
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Select(method => (Type: method.DeclaringType!, method.Name, Attribute: method.GetCustomAttribute<LoggerMessageAttribute>()))
            .Where(message => message.Attribute is not null)
            .ToArray();

        Assert.True(messages.Length > 40, "The messages are found.");
        Assert.Empty(messages.GroupBy(message => message.Attribute!.EventId).Where(same => same.Count() > 1).Select(same => string.Join(", ", same.Select(message => message.Name))));
        Assert.All(messages, message => Assert.Equal(message.Type.Name, OwnerOf(message.Attribute!.EventId)));
    }

    private static string OwnerOf(int id) => id switch
    {
        < 100 => nameof(HostingLog),
        < 200 => nameof(ConnectionLog),
        < 250 => nameof(BackplaneLog),
        < 300 => "RedisLog",
        >= 400 and < 500 => "EpollLog",
        _ => "nobody",
    };
}
