using Microsoft.Extensions.Logging;

namespace UpgradeProtocols.Transport.Epoll;

/// <summary>
/// A logger that never throws. The transport logs on its own threads and on timers, where an exception of a log sink would end the
/// process.
/// </summary>
internal sealed class GuardedLogger(ILogger inner) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => inner.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        try
        {
            inner.Log(logLevel, eventId, state, exception, formatter);
        }
#pragma warning disable CA1031 // There is nowhere to report that a log fails, and the connections go on.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }
}
