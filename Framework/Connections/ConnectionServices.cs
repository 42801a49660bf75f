using Microsoft.Extensions.DependencyInjection;

namespace UpgradeProtocols;

/// <summary>
/// A connection's services: those of the request where the application has a scope for it, else a scope of its own, which is made
/// when somebody asks for a service. Many handlers need none.
/// </summary>
internal sealed class ConnectionServices : IServiceProvider, IKeyedServiceProvider, IAsyncDisposable
{
    // One field, since every connection has it. Its type doesn't tell what it is: a container's scope may be all of these.
    private object _source;
    private Source _kind;
    private bool _isDisposed;

    /// <summary>
    /// The lock of the services and of their connection. The services themselves are the application's too, which may lock them for
    /// purposes of its own.
    /// </summary>
    public object Gate { get; } = new();

    /// <param name="given">The services that are there already.</param>
    public ConnectionServices(IServiceProvider given) => (_source, _kind) = (given, Source.Given);

    /// <param name="scopes">Makes the scope.</param>
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

        // Not under the lock: what is disposed of is the user's.
        return _kind == Source.Scope ? new AsyncServiceScope((IServiceScope)_source).DisposeAsync() : default;
    }
}
