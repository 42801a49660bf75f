using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace UpgradeProtocols;

/// <summary>Sets up upgraded connections. The generated <c>AddUpgradeProtocols()</c> creates it.</summary>
public sealed partial class UpgradeProtocolsBuilder
{
    /// <summary>Adds the framework's services; adding them again does nothing.</summary>
    /// <param name="services">The application's services.</param>
    public UpgradeProtocolsBuilder(IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        Services = services;
        if (services.FirstOrDefault(static s => s.ServiceType == typeof(ProtocolCollection))?.ImplementationInstance is ProtocolCollection existing)
        {
            Protocols = existing;
            return;
        }

        services.AddSingleton(Protocols = new ProtocolCollection());
        services.AddSingleton(Protocols.Filters);
        services.AddLogging();
        services.AddMetrics();
        services.AddOptions<UpgradeOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<UpgradeOptions>, UpgradeOptionsValidator>());
        services.AddSingleton<IPostConfigureOptions<UpgradeOptions>>(
            static provider => new ConfigurationSection(provider.GetService<IConfiguration>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, OptionsReload>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ListenCheck>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, AccessCheck>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<UpgradeMetrics>();
        services.TryAddSingleton<ConnectionHub>();
        services.TryAddSingleton<IConnections>(static provider => provider.GetRequiredService<ConnectionHub>());
        services.TryAddSingleton<IGroups, GroupService>();
        services.TryAddSingleton<IPresence>(static provider => provider.GetRequiredService<ConnectionHub>().Presence);
        services.TryAddSingleton<UpgradeEngine>();
        services.TryAddSingleton<DescriptorSource>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, StartupChecks>());
        services.TryAddSingleton<UpgradeDrain>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, UpgradeDrain>(static provider => provider.GetRequiredService<UpgradeDrain>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<MatcherPolicy, UpgradeMatcherPolicy>());
    }

    /// <summary>The protocols that are added so far.</summary>
    internal ProtocolCollection Protocols { get; }

    /// <summary>The application's services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>Sets limits and timeouts.</summary>
    /// <param name="configure">Changes the options.</param>
    /// <returns>The builder.</returns>
    public UpgradeProtocolsBuilder Configure(Action<UpgradeOptions> configure)
    {
        Services.Configure(configure);
        return this;
    }

    /// <summary>
    /// Listens with the lightweight server. The configuration has priority: <c>Kestrel:Endpoints</c>, or the addresses of <c>--urls</c>
    /// (<c>Urls</c>, <c>ASPNETCORE_URLS</c>), replace these addresses. Without this call the configuration starts no lightweight server.
    /// </summary>
    /// <param name="urls">
    /// Addresses such as <c>http://localhost:5080</c>, <c>https://*:5443</c>, <c>http://unix:/run/app.sock</c>; port 0 for any free port.
    /// </param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentException">No address is given.</exception>
    public UpgradeProtocolsBuilder Listen(params string[] urls)
    {
        ArgumentNullException.ThrowIfNull(urls);
        if (urls.Length == 0)
        {
            throw new ArgumentException("Pass at least one address, such as http://localhost:5080.", nameof(urls));
        }

        Protocols.Urls.AddRange(urls);
        Services.TryAddSingleton<UpgradeServer>();
        Services.TryAddSingleton<IUpgradeServer>(static provider => provider.GetRequiredService<UpgradeServer>());
        Services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, UpgradeServer>(static provider => provider.GetRequiredService<UpgradeServer>()));
        return this;
    }

    /// <summary>Serves GET and HEAD requests that aren't upgrades. The lightweight server sends the response in one piece.</summary>
    /// <param name="path">The path; its comparison is case-sensitive.</param>
    /// <param name="handler">Returns the response: one of <see cref="Results"/>, or a custom result.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentException">The path doesn't start with '/'.</exception>
    /// <example><code>.MapGet("/", _ =&gt; Results.Text("hello\n"))</code></example>
    public UpgradeProtocolsBuilder MapGet(string path, Func<UpgradeRequest, IResult> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return Map("GET", path, (request, _) => new(handler(request)));
    }

    /// <summary>Serves GET and HEAD requests that aren't upgrades. The lightweight server sends the response in one piece.</summary>
    /// <param name="path">The path; its comparison is case-sensitive.</param>
    /// <param name="handler">
    /// Returns the response: one of <see cref="Results"/>, or a custom result. The token is cancelled when the client disconnects, when
    /// <see cref="UpgradeOptions.AnswerTimeout"/> has passed and when the server stops.
    /// </param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentException">The path doesn't start with '/'.</exception>
    public UpgradeProtocolsBuilder MapGet(string path, Func<UpgradeRequest, CancellationToken, ValueTask<IResult>> handler) =>
        Map("GET", path, handler);

    /// <summary>Serves requests of a method that aren't upgrades. The lightweight server sends the response in one piece.</summary>
    /// <param name="method">The method, such as POST.</param>
    /// <param name="path">The path; its comparison is case-sensitive.</param>
    /// <param name="handler">
    /// Returns the response; see <see cref="MapGet(string, Func{UpgradeRequest, CancellationToken, ValueTask{IResult}})"/>.
    /// </param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentException">The method isn't a token, or the path doesn't start with '/'.</exception>
    public UpgradeProtocolsBuilder Map(string method, string path, Func<UpgradeRequest, CancellationToken, ValueTask<IResult>> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        ArgumentNullException.ThrowIfNull(path);
        if (!HttpCharacters.IsToken(method))
        {
            throw new ArgumentException($"'{method}' is not an HTTP method.", nameof(method));
        }

        if (!path.StartsWith('/'))
        {
            throw new ArgumentException($"'{path}' is not a path: a path starts with '/'.", nameof(path));
        }

        Protocols.RegularRoutes.Add(new RegularRoute(method, path, handler));
        return this;
    }

    /// <summary>Serves GET and HEAD requests with a file of the content root, which is read again for each request.</summary>
    /// <param name="path">The path; its comparison is case-sensitive.</param>
    /// <param name="file">The file's name, relative to the content root.</param>
    /// <param name="contentType">The file's media type; by default its extension decides.</param>
    /// <returns>The builder.</returns>
    public UpgradeProtocolsBuilder MapFile(string path, string file, string? contentType = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        var result = new ContentRootFile(file, contentType ?? FileContentType.Of(file));
        return MapGet(path, _ => result);
    }

    /// <summary>Excludes protocols that were found in this assembly or in referenced assemblies.</summary>
    /// <param name="predicate">Returns whether to exclude a protocol, by the handler class and the protocol's name.</param>
    /// <returns>The builder.</returns>
    public UpgradeProtocolsBuilder Exclude(Func<Type, string?, bool> predicate)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        Protocols.Exclusions.Add(predicate);
        return this;
    }

    /// <summary>
    /// Extends groups, direct sends and presence to the other nodes of the application, with a custom backplane; packages such as
    /// <c>UpgradeProtocols.Redis</c> have their own method. An application has one backplane: the first one stays.
    /// </summary>
    /// <param name="create">Creates the backplane. It is disposed with the application's services.</param>
    /// <param name="configure">Configures how the nodes work together.</param>
    /// <returns>The builder.</returns>
    public UpgradeProtocolsBuilder AddBackplane(Func<IServiceProvider, IBackplane> create, Action<BackplaneOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(create);
        Services.TryAddSingleton(create);
        Services.TryAddSingleton(_ => new DeclaredProtocols(Protocols.Entries));
        Services.TryAddSingleton<BackplaneParts>();
        Services.TryAddSingleton<IBackplaneMonitor>(static provider => provider.GetRequiredService<ConnectionHub>().Backplane!);
        Services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, BackplaneService>());
        Services.AddOptions<BackplaneOptions>().ValidateOnStart();
        Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<BackplaneOptions>, BackplaneOptionsValidator>());
        if (configure is not null)
        {
            Services.Configure(configure);
        }

        return this;
    }
}
