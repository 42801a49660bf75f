using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>
/// Finds services among the types that are read from messages: a parameter without its [FromServices] gets a value from the client.
/// </summary>
internal static class PayloadServices
{
    /// <summary>Logs one warning for each such type.</summary>
    public static void Warn(IEnumerable<ProtocolEntry> entries, IServiceProviderIsService services, ILogger logger)
    {
        var told = new HashSet<Type>();
        foreach (var entry in entries)
        {
            foreach (var type in entry.Dispatcher.PayloadTypes)
            {
                // A container resolves a list of any type, possibly empty.
                var isAnyList = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IEnumerable<>);
                if (!isAnyList && services.IsService(type) && told.Add(type))
                {
                    HostingLog.PayloadIsService(logger, type.FullName ?? type.Name, entry.HandlerType.FullName ?? entry.HandlerType.Name);
                }
            }
        }
    }
}
