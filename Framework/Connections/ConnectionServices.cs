using Microsoft.Extensions.DependencyInjection;

namespace UpgradeProtocols;

/// <summary>
/// A connection's services: those of the request where the application has a scope for it, otherwise those of a separate scope, which is
/// created when a service is first requested. Many handlers need none.
/// </summary>
internal sealed class ConnectionServices : IServiceProvider, IKeyedServiceProvider, IAsyncDisposable
{
    // One field, since every connection has it. Its type doesn't identify the content: a container's scope may implement all of these.
    private object _source;
    private Source _kind;
    private bool _isDisposed;

    /// <summary>
    /// The lock of the services and of their connection. It isn't the service provider itself: the application has that too, and may lock
    /// it for its own purposes.
    /// </summary>
    public object Gate { get; } = new();

    /// <param name="given">The existing services.</param>
    public ConnectionServices(IServiceProvider given) => (_source, _kind) = (given, Source.Given);

    /// <param name="scopes">The factory of the scope.</param>
    public ConnectionServices(IServiceScopeFactory scopes) => (_source, _kind) = (scopes, Source.Factory);

    private enum Source : byte
    {
        Given,
        Factory,
        Scope,
    }

    private IServiceProvider Services
    {
        get
        {
            if (_kind == Source.Given)
            {
                return (IServiceProvider)_source;
            }

            lock (Gate)
            {
                ObjectDisposedException.ThrowIf(_isDisposed, typeof(IServiceProvider));
                if (_kind == Source.Factory)
                {
                    (_source, _kind) = (((IServiceScopeFactory)_source).CreateScope(), Source.Scope);
                }

                return ((IServiceScope)_source).ServiceProvider;
            }
        }
    }

    public object? GetService(Type serviceType) => serviceType == typeof(IServiceProvider) ? this : Services.GetService(serviceType);

    public object? GetKeyedService(Type serviceType, object? serviceKey) => Services.GetKeyedService(serviceType, serviceKey);

    public object GetRequiredKeyedService(Type serviceType, object? serviceKey) => Services.GetRequiredKeyedService(serviceType, serviceKey);

    public ValueTask DisposeAsync()
    {
        lock (Gate)
        {
            _isDisposed = true;
        }

        // Not under the lock: disposing runs the application's code.
        return _kind == Source.Scope ? new AsyncServiceScope((IServiceScope)_source).DisposeAsync() : default;
    }
}
