using System.Collections.Concurrent;
using System.Net;
using StackExchange.Redis;

namespace UpgradeProtocols;

/// <summary>
/// Why the last attempt to connect to each server failed, for the operator: the library says it of every attempt, and of its commands only that
/// there is no connection. The texts have no figures that change: one that is told again isn't news.
/// </summary>
internal sealed class RedisProblems(ConfigurationOptions configuration)
{
    private readonly ConcurrentDictionary<EndPoint, string> _problems = new();

    /// <summary>A reason why nothing is connected, once every server has failed.</summary>
    public string? OfAll => _problems.Count >= configuration.EndPoints.Count ? _problems.Values.FirstOrDefault() : null;

    /// <summary>A reason why one of these servers isn't connected.</summary>
    public string? Of(IEnumerable<IServer> servers)
    {
        foreach (var server in servers)
        {
            if (!server.IsConnected && _problems.TryGetValue(server.EndPoint, out var problem))
            {
                return problem;
            }
        }

        return null;
    }

    public void Note(ConnectionAttemptCompletedEventArgs attempt)
    {
        if (attempt.EndPoint is not { } server)
        {
            return;
        }

        if (attempt.IsSuccess)
        {
            _problems.TryRemove(server, out _);
        }
        else if (ReasonOf(attempt) is { } reason)
        {
            _problems[server] = $"Redis at {EndPointCollection.ToString(server)} {reason}";
        }
    }

    public void Clear() => _problems.Clear();

    private string? ReasonOf(ConnectionAttemptCompletedEventArgs attempt)
    {
        var message = Innermost(attempt.Exception)?.Message ?? attempt.FailureType.ToString();
        if (attempt.Stage == ConnectionAttemptStage.Tls)
        {
            // A port without TLS waits for more, and the library gives the attempt up.
            return attempt.FailureType == ConnectionFailureType.ConnectionDisposed
                ? "doesn't answer the TLS handshake: is the port one for TLS?"
                : $"can't be spoken to by TLS: {message}";
        }

        return attempt.FailureType switch
        {
            // An attempt that the library gave up for another.
            ConnectionFailureType.ConnectionDisposed => null,
            ConnectionFailureType.AuthenticationFailure => ReasonOfRefusal(message),
            _ => $"can't be reached: {message}",
        };
    }

    // The library reports the answer to the command after AUTH, whose own answer was WRONGPASS where a password was sent.
    private string ReasonOfRefusal(string message) =>
        !message.Contains("NOAUTH", StringComparison.Ordinal) ? $"refuses the login: {message}"
        : string.IsNullOrEmpty(configuration.Password) ? "demands a password, and none is configured (NOAUTH)."
        : "refuses the user name or the password (WRONGPASS).";

    private static Exception? Innermost(Exception? exception)
    {
        while (exception?.InnerException is { } inner)
        {
            exception = inner;
        }

        return exception;
    }
}
