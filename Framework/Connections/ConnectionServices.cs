using Microsoft.Extensions.DependencyInjection;

namespace UpgradeProtocols;

/// <summary>
/// A connection's services: those of the request where the application has a scope for it, else a scope of its own, which is made
/// when somebody asks for a service. Many handlers need none.
/// </summary>
/// <param name="given">The services that are there already.</param>
/// <param name="scopes">Makes the scope.</param>
internal sealed class ConnectionServices(IServiceProvider? given, IServiceScopeFactory scopes) : IServiceProvider, IKeyedServiceProvider, IAsyncDisposable
{
    private IServiceScope? _scope;
    private bool _isDisposed;

    private IServiceProvider Services
    {
        get
        {
            if (given is not null)
            {
                return given;
            }

            lock (this)
            {
                ObjectDisposedException.ThrowIf(_isDisposed, typeof(IServiceProvider));
                return (_scope ??= scopes.CreateScope()).ServiceProvider;
            }
        }
    }

    public object? GetService(Type serviceType) => serviceType == typeof(IServiceProvider) ? this : Services.GetService(serviceType);

    public object? GetKeyedService(Type serviceType, object? serviceKey) => Services.GetKeyedService(serviceType, serviceKey);

    public object GetRequiredKeyedService(Type serviceType, object? serviceKey) => Services.GetRequiredKeyedService(serviceType, serviceKey);

    public ValueTask DisposeAsync()
    {
        lock (this)
        {
            _isDisposed = true;
        }

        // Not under the lock: what is disposed of is the user's.
        return _scope is { } scope ? new AsyncServiceScope(scope).DisposeAsync() : default;
    }
}
