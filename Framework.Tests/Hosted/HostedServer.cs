using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Hosted;

/// <summary>A server with the handlers of <see cref="RoomHandler"/>'s file, hosted in one of the ways there are.</summary>
public abstract class HostedServer : IAsyncLifetime
{
    private IHost? _host;

    public Uri Address { get; protected set; } = null!;

    /// <summary>The version of HTTP that clients speak.</summary>
    public virtual Version Version => HttpVersion.Version11;

    public RoomLog Log => Services.GetRequiredService<RoomLog>();

    public virtual IServiceProvider Services => _host!.Services;

    /// <summary>The missing program, for which the tests are skipped.</summary>
    public string? Missing { get; protected set; }

    internal RecordingLogs Logs { get; } = new();

    public virtual async ValueTask InitializeAsync()
    {
        _host = Build();
        await _host.StartAsync();
        Address = AddressOf(_host);
    }

    public virtual async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.StopAsync();
            _host.Dispose();
        }

        GC.SuppressFinalize(this);
    }

    public virtual Task StopAsync() => _host!.StopAsync();

    protected abstract IHost Build();

    protected abstract Uri AddressOf(IHost host);

    protected virtual void AddServices(IServiceCollection services)
    {
        services.AddLogging(logging => logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddProvider(Logs));
        services.AddSingleton<RoomLog>();
        services.AddScoped<RoomScope>();
        services.AddAuthorizationCore(static options => options.AddPolicy("slow", static policy => policy.AddRequirements(new SlowRequirement())));
    }

    internal static Uri WebSocket(string address) => new(address.Replace("http", "ws", StringComparison.Ordinal).Replace("[::]", "127.0.0.1", StringComparison.Ordinal));
}

/// <summary>The lightweight server.</summary>
public class StandaloneServer : HostedServer
{
    protected override IHost Build()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        AddServices(builder.Services);
        builder.Services.AddUpgradeProtocols()
            .Listen("http://127.0.0.1:0")
            .Configure(static options => options.Authenticate = static (connection, _) => new(TestTokens.Read(connection.Request.BearerToken)?.Principal));
        return builder.Build();
    }

    protected override Uri AddressOf(IHost host) => WebSocket(Assert.Single(host.Services.GetRequiredService<IUpgradeServer>().Addresses));
}

/// <summary>Endpoints of ASP.NET Core, over HTTP/1.1.</summary>
public class MappedServer : HostedServer
{
    protected virtual HttpProtocols Protocols => HttpProtocols.Http1;

    protected override IHost Build()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = Protocols;
            Configure(listen);
        }));
        AddServices(builder.Services);
        builder.Services.AddRouting();
        builder.Services.AddAuthorization();
        builder.Services.AddAuthentication("Test").AddScheme<AuthenticationSchemeOptions, TestTokens>("Test", null);
        builder.Services.AddUpgradeProtocols();
        Configure(builder);
        var app = builder.Build();
        Configure(app);
        return app;
    }

    protected virtual void Configure(ListenOptions listen)
    {
    }

    protected virtual void Configure(WebApplicationBuilder builder)
    {
    }

    protected virtual void Configure(WebApplication app) => app.MapUpgradeProtocols();

    protected override Uri AddressOf(IHost host) =>
        WebSocket(Assert.Single(host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses));
}

/// <summary>Endpoints of ASP.NET Core, over HTTP/2.</summary>
public class MappedHttp2Server : MappedServer
{
    public override Version Version => HttpVersion.Version20;

    protected override HttpProtocols Protocols => HttpProtocols.Http2;
}

/// <summary>Bearer tokens as simple as can be: "name|role|seconds of expiry".</summary>
internal sealed class TestTokens(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, System.Text.Encodings.Web.UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public static string Of(string name, string role = "guest", DateTimeOffset? expires = null) =>
        $"{name}.{role}.{(expires ?? DateTimeOffset.UtcNow.AddHours(1)).ToUnixTimeSeconds()}";

    public static (ClaimsPrincipal Principal, DateTimeOffset Expires)? Read(string? token)
    {
        if (token?.Split('.') is not [var name, var role, var expires])
        {
            return null;
        }

        var identity = new ClaimsIdentity(
            [new(ClaimTypes.Name, name), new(ClaimTypes.NameIdentifier, name), new(ClaimTypes.Role, role), new("exp", expires)], "Test");
        return (new ClaimsPrincipal(identity), DateTimeOffset.FromUnixTimeSeconds(long.Parse(expires, null)));
    }

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Headers.Authorization.ToString() is not { Length: > 7 } field)
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }

        return Task.FromResult(Read(field["Bearer ".Length..]) is { } user && user.Expires > DateTimeOffset.UtcNow
            ? AuthenticateResult.Success(new AuthenticationTicket(user.Principal, new AuthenticationProperties { ExpiresUtc = user.Expires }, Scheme.Name))
            : AuthenticateResult.Fail("The token has expired."));
    }
}
