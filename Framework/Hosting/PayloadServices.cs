using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>
/// Finds services among the types that are read from messages: a parameter whose [FromService] was forgotten gets what the client says.
/// </summary>
internal static class PayloadServices
{
    /// <summary>Warns of each such type once.</summary>
    public static void Warn(IEnumerable<ProtocolEntry> entries, IServiceProviderIsService services, ILogger logger)
    {
        var told = new HashSet<Type>();
        foreach (var entry in entries)
        {
            foreach (var type in entry.Dispatcher.PayloadTypes)
            {
                // A container has an empty list of anything.
                var isAnyList = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IEnumerable<>);
                if (!isAnyList && services.IsService(type) && told.Add(type))
                {
                    HostingLog.PayloadIsService(logger, type.FullName ?? type.Name, entry.HandlerType.FullName ?? entry.HandlerType.Name);
                }
            }
        }
    }
}
