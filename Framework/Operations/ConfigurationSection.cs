using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace UpgradeProtocols;

/// <summary>
/// Sets the options that the configuration's section <c>UpgradeProtocols</c> names, after the code has set its options: the operator's
/// configuration has priority.
/// </summary>
internal sealed class ConfigurationSection(IConfiguration? configuration) : IPostConfigureOptions<UpgradeOptions>
{
    public const string Name = "UpgradeProtocols";

    // Delegates can't be written in a configuration.
    private static readonly string[] s_names =
        [.. NamesOf(typeof(UpgradeOptions)).Except([nameof(UpgradeOptions.Authenticate), nameof(UpgradeOptions.MessageRateLimiter)])];

    private static readonly string[] s_bearerTokenNames = NamesOf(typeof(UpgradeBearerTokenOptions));
    private static readonly string[] s_compressionNames = NamesOf(typeof(WebSocketCompressionOptions));

    public void PostConfigure(string? name, UpgradeOptions options)
    {
        if (name != Options.DefaultName || configuration?.GetSection(Name) is not { } section || !section.Exists())
        {
            return;
        }

        RefuseUnknown(section, s_names);
        RefuseUnknown(section.GetSection(nameof(options.BearerToken)), s_bearerTokenNames);
        RefuseUnknown(section.GetSection(nameof(options.Compression)), s_compressionNames);
        Clear(options.AllowedOrigins, section.GetSection(nameof(options.AllowedOrigins)));
        Clear(options.AllowedHosts, section.GetSection(nameof(options.AllowedHosts)));
        try
        {
            section.Bind(options);
        }
        catch (InvalidOperationException e)
        {
            throw Problem(e.InnerException is { } cause ? $"{e.Message} {cause.Message}" : e.Message);
        }

        ReadNetworks(options.KnownProxies, section.GetSection(nameof(options.KnownProxies)));
    }

    // The operator's list replaces the whole list: with a list that only grows, entries could never be removed.
    private static void Clear<T>(IList<T> list, IConfigurationSection section)
    {
        if (section.Exists())
        {
            list.Clear();
        }
    }

    private static void ReadNetworks(IList<IPNetwork> list, IConfigurationSection section)
    {
        Clear(list, section);
        foreach (var child in section.GetChildren())
        {
            list.Add(IPNetwork.TryParse(child.Value, out var network)
                ? network
                : throw Problem($"{child.Path} is '{child.Value}': it must be a network such as 10.0.0.0/8."));
        }
    }

    // Silently ignoring a misspelt limit would leave the server without that limit.
    private static void RefuseUnknown(IConfigurationSection section, string[] names)
    {
        foreach (var child in section.GetChildren())
        {
            if (!names.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
            {
                throw Problem($"{child.Path} is not an option. The options are: {string.Join(", ", names)}.");
            }
        }
    }

    private static string[] NamesOf([DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] Type type) =>
        [.. type.GetProperties().Select(static property => property.Name).Order(StringComparer.Ordinal)];

    private static OptionsValidationException Problem(string message) => new(Options.DefaultName, typeof(UpgradeOptions), [message]);
}
