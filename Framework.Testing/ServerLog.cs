using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace UpgradeProtocols.Testing;

/// <summary>A logger provider that captures the server's log: a failed test shows the server's exception and log lines.</summary>
/// <param name="output">Receives the lines of level Information and above; <see langword="null"/> for no output.</param>
internal sealed class ServerLog(Action<string>? output) : ILoggerProvider
{
    private readonly ConcurrentDictionary<string, Exception> _failures = new(StringComparer.Ordinal);

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    /// <summary>Returns the last exception logged for a connection id, or for an upgrade's path.</summary>
    public Exception? FailureOf(string connectionOrPath) => _failures.GetValueOrDefault(connectionOrPath);

    public void Dispose()
    {
    }

    private void Add<TState>(string category, LogLevel level, TState state, Exception? exception, string text)
    {
        if (exception is not null && state is IReadOnlyList<KeyValuePair<string, object?>> values)
        {
            foreach (var (name, value) in values)
            {
                if (name is "ConnectionId" or "Path" && value is string key)
                {
                    _failures[key] = exception;
                }
            }
        }

        output?.Invoke($"{level} {category}: {text}{(exception is null ? "" : Environment.NewLine + exception)}");
    }

    private sealed class Logger(ServerLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                log.Add(category, logLevel, state, exception, formatter(state, exception));
            }
        }
    }
}
