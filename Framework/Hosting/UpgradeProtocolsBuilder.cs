using System.ComponentModel;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>Sets up upgraded connections. The generated <c>AddUpgradeProtocols()</c> makes it.</summary>
public sealed partial class UpgradeProtocolsBuilder
{
    private readonly ProtocolCollection _protocols;

    /// <summary>Adds the framework's services; adding them again does nothing.</summary>
    /// <param name="services">The application's services.</param>
    public UpgradeProtocolsBuilder(IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        Services = services;
        if (services.FirstOrDefault(static s => s.ServiceType == typeof(ProtocolCollection))?.ImplementationInstance is ProtocolCollection existing)
        {
            _protocols = existing;
            return;
        }

        services.AddSingleton(_protocols = new ProtocolCollection());
        services.AddSingleton(_protocols.Filters);
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
        services.TryAddSingleton<IPresence>(static provider => provider.GetRequiredService<ConnectionHub>().Presence);
        services.TryAddSingleton<UpgradeEngine>();
        services.TryAddSingleton<DescriptorSource>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, StartupChecks>());
        services.TryAddSingleton<UpgradeDrain>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, UpgradeDrain>(static provider => provider.GetRequiredService<UpgradeDrain>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<MatcherPolicy, UpgradeMatcherPolicy>());
    }

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
    /// Listens with the lightweight server. The configuration goes first: <c>Kestrel:Endpoints</c>, or the addresses of
    /// <c>--urls</c> (<c>Urls</c>, <c>ASPNETCORE_URLS</c>), replace what is given here. Without this call they start no lightweight server.
    /// </summary>
    /// <param name="urls">Addresses such as <c>http://localhost:5080</c>, <c>https://*:5443</c>, <c>http://unix:/run/app.sock</c>; port 0 for any free one.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentException">No address is given.</exception>
    public UpgradeProtocolsBuilder Listen(params string[] urls)
    {
        ArgumentNullException.ThrowIfNull(urls);
        if (urls.Length == 0)
        {
            throw new ArgumentException("Give at least one address, such as http://localhost:5080.", nameof(urls));
        }

        _protocols.Urls.AddRange(urls);
        Services.TryAddSingleton<UpgradeServer>();
        Services.TryAddSingleton<IUpgradeServer>(static provider => provider.GetRequiredService<UpgradeServer>());
        Services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, UpgradeServer>(static provider => provider.GetRequiredService<UpgradeServer>()));
        return this;
    }

    /// <summary>Answers GET and HEAD requests that aren't upgraded.</summary>
    /// <param name="path">The path, compared with case.</param>
    /// <param name="responder">Makes the answer.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentException">The path doesn't start with '/'.</exception>
    public UpgradeProtocolsBuilder MapGet(string path, Func<UpgradeRequest, RegularResponse> responder)
    {
        ArgumentNullException.ThrowIfNull(responder);
        return Map("GET", path, (request, _) => new(responder(request)));
    }

    /// <summary>Answers GET and HEAD requests that aren't upgraded.</summary>
    /// <param name="path">The path, compared with case.</param>
    /// <param name="responder">Makes the answer.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentException">The path doesn't start with '/'.</exception>
    public UpgradeProtocolsBuilder MapGet(string path, RegularResponder responder) => Map("GET", path, responder);

    /// <summary>Answers requests that aren't upgraded.</summary>
    /// <param name="method">The method, such as POST.</param>
    /// <param name="path">The path, compared with case.</param>
    /// <param name="responder">Makes the answer. The request's body has been read.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentException">The method isn't a token, or the path doesn't start with '/'.</exception>
    public UpgradeProtocolsBuilder Map(string method, string path, RegularResponder responder)
    {
        ArgumentNullException.ThrowIfNull(responder);
        ArgumentNullException.ThrowIfNull(path);
        if (!HttpCharacters.IsToken(method))
        {
            throw new ArgumentException($"'{method}' is not a method.", nameof(method));
        }

        if (!path.StartsWith('/'))
        {
            throw new ArgumentException($"'{path}' is not a path: it starts with '/'.", nameof(path));
        }

        _protocols.RegularRoutes.Add(new RegularRoute(method, path, responder));
        return this;
    }

    /// <summary>Answers GET and HEAD requests with a file of the content root, read anew for each request.</summary>
    /// <param name="path">The path, compared with case.</param>
    /// <param name="file">The file's name, relative to the content root.</param>
    /// <param name="contentType">The file's type; by the name's ending when <see langword="null"/>.</param>
    /// <returns>The builder.</returns>
    public UpgradeProtocolsBuilder MapFile(string path, string file, string? contentType = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        var type = contentType ?? FileContentType.Of(file);
        Services.AddSingleton<RegularRoute>(provider =>
        {
            var root = provider.GetRequiredService<IHostEnvironment>().ContentRootFileProvider;
            return new RegularRoute("GET", path, (_, cancellationToken) => ReadAsync(root, file, type, cancellationToken));
        });
        return this;
    }

    /// <summary>Leaves out protocols that were found, in this assembly or in those it references.</summary>
    /// <param name="predicate">Tells by the handler class and the protocol's name which ones.</param>
    /// <returns>The builder.</returns>
    public UpgradeProtocolsBuilder Exclude(Func<Type, string?, bool> predicate)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        _protocols.Exclusions.Add(predicate);
        return this;
    }

    /// <summary>
    /// Carries groups, direct sends and presence to the other nodes of the application, over an engine of your choice; packages
    /// such as <c>UpgradeProtocols.Redis</c> have a method of their own for theirs. One backplane for an application: the first one stays.
    /// </summary>
    /// <param name="create">Makes the backplane. It is disposed of with the application's services.</param>
    /// <param name="configure">Sets how the nodes work together.</param>
    /// <returns>The builder.</returns>
    public UpgradeProtocolsBuilder AddBackplane(Func<IServiceProvider, IBackplane> create, Action<BackplaneOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(create);
        Services.TryAddSingleton(create);
        Services.TryAddSingleton(_ => new DeclaredProtocols(_protocols.Entries));
        Services.TryAddSingleton<BackplaneLink>();
        Services.TryAddSingleton<IBackplaneMonitor>(static provider => provider.GetRequiredService<BackplaneLink>());
        Services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, BackplaneService>());
        Services.AddOptions<BackplaneOptions>().ValidateOnStart();
        Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<BackplaneOptions>, BackplaneOptionsValidator>());
        if (configure is not null)
        {
            Services.Configure(configure);
        }

        return this;
    }

    /// <summary>Adds the protocols of an assembly. Called by generated code.</summary>
    /// <param name="assemblyName">The assembly's name.</param>
    /// <param name="register">The assembly's generated registration.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void AddModule(string assemblyName, Action<UpgradeProtocolsBuilder> register)
    {
        ArgumentNullException.ThrowIfNull(register);
        if (_protocols.Assemblies.Add(assemblyName))
        {
            register(this);
        }
    }

    /// <summary>Adds a protocol. Called by generated code.</summary>
    /// <param name="entry">The protocol.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void AddProtocol(ProtocolEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        _protocols.Entries.Add(entry);
    }

    /// <summary>Adds the implementation of a client contract. Called by generated code.</summary>
    /// <typeparam name="T">The contract.</typeparam>
    /// <param name="create">Makes a client for whom it is to reach.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void AddClientContract<T>(Func<ClientTarget, T> create)
        where T : class =>
        Services.TryAddSingleton<IClients<T>>(provider => new Clients<T>(provider.GetRequiredService<ConnectionHub>(), create));

    private static async ValueTask<RegularResponse> ReadAsync(IFileProvider root, string file, string contentType, CancellationToken cancellationToken)
    {
        var info = root.GetFileInfo(file);
        if (!info.Exists)
        {
            return RegularResponse.Text($"The content root has no file {file}.\n", 404);
        }

        await using var stream = info.CreateReadStream();
        using var content = new MemoryStream((int)info.Length);
        await stream.CopyToAsync(content, cancellationToken);
        return RegularResponse.Bytes(content.ToArray(), contentType);
    }
}
