using System.Collections.Concurrent;
using System.Net;
using StackExchange.Redis;

namespace UpgradeProtocols;

/// <summary>
/// The reasons why the last attempt to connect to each server failed, for the operator. The library reports the reason with every attempt;
/// for a command it reports only that there is no connection. The texts contain no changing numbers, so that repeats can be recognized.
/// </summary>
internal sealed class RedisProblems(ConfigurationOptions configuration)
{
    private readonly ConcurrentDictionary<EndPoint, string> _problems = new();

    /// <summary>The reason of one server, once the attempts to all servers have failed; otherwise null.</summary>
    public string? OfAll => _problems.Count >= configuration.EndPoints.Count ? _problems.Values.FirstOrDefault() : null;

    /// <summary>Returns the reason of the first of these servers that isn't connected and has one; otherwise null.</summary>
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
            // A port without TLS waits for more bytes, and the library cancels the attempt.
            return attempt.FailureType == ConnectionFailureType.ConnectionDisposed
                ? "doesn't answer the TLS handshake: is the port one for TLS?"
                : $"can't be spoken to by TLS: {message}";
        }

        return attempt.FailureType switch
        {
            // The library cancelled this attempt in favor of another one.
            ConnectionFailureType.ConnectionDisposed => null,
            ConnectionFailureType.AuthenticationFailure => ReasonOfRefusal(message),
            _ => $"can't be reached: {message}",
        };
    }

    // The library reports the reply to the command after AUTH. The reply to AUTH itself was WRONGPASS if a password was sent.
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
