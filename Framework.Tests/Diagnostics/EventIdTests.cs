using System.Reflection;
using Microsoft.Extensions.Logging;

namespace UpgradeProtocols.Tests.Diagnostics;

/// <summary>Operators filter and alert by event ids: each means one thing.</summary>
public class EventIdTests
{
    private static readonly Dictionary<Type, int> s_hundreds = new()
    {
        [typeof(HostingLog)] = 0,
        [typeof(ConnectionLog)] = 1,
        [typeof(BackplaneLog)] = 2,
    };

    [Fact]
    public void No_two_messages_have_an_id_and_each_stands_in_its_range()
    {
        var messages = typeof(UpgradeEngine).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Select(method => (Type: method.DeclaringType!, method.Name, Attribute: method.GetCustomAttribute<LoggerMessageAttribute>()))
            .Where(message => message.Attribute is not null)
            .ToArray();

        Assert.True(messages.Length > 30, "The messages are found.");
        Assert.Empty(messages.GroupBy(message => message.Attribute!.EventId).Where(same => same.Count() > 1).Select(same => string.Join(", ", same.Select(message => message.Name))));
        Assert.All(messages, message => Assert.Equal(s_hundreds[message.Type], message.Attribute!.EventId / 100));
    }
}
