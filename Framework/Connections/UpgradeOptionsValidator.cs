using System.IO.Compression;
using Microsoft.Extensions.Options;

namespace UpgradeProtocols;

/// <summary>Rejects invalid options when the server starts, rather than when the first peer connects.</summary>
internal sealed class UpgradeOptionsValidator : IValidateOptions<UpgradeOptions>
{
    public ValidateOptionsResult Validate(string? name, UpgradeOptions options)
    {
        var problems = new List<string>();
        CheckTimes(options, problems);
        CheckRequests(options, problems);
        CheckMessages(options, problems);
        CheckCompression(options.Compression, problems);
        CheckConnections(options, problems);
        CheckOrigins(options, problems);
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    private static void CheckRequests(UpgradeOptions options, List<string> problems)
    {
        AtLeast(problems, options.MaxRequestLineSize, 64, nameof(options.MaxRequestLineSize));
        AtLeast(problems, options.MaxRequestHeadersTotalSize, options.MaxRequestLineSize, nameof(options.MaxRequestHeadersTotalSize));
        AtLeast(problems, options.MaxRequestHeaderCount, 1, nameof(options.MaxRequestHeaderCount));
        AtLeast(problems, options.MaxRequestBodySize, 0, nameof(options.MaxRequestBodySize));
    }

    private static void CheckMessages(UpgradeOptions options, List<string> problems)
    {
        AtLeast(problems, options.MaxMessageSize, 1, nameof(options.MaxMessageSize));
        AtLeast(problems, options.MaxWaitingBytes, 1, nameof(options.MaxWaitingBytes));
        AtLeast(problems, options.MaxWaitingBytesBeforeReply, 1, nameof(options.MaxWaitingBytesBeforeReply));
        AtLeast(problems, options.MaxOutboundBytes, 1, nameof(options.MaxOutboundBytes));
        AtLeast(problems, options.MaxConcurrentMessages, 1, nameof(options.MaxConcurrentMessages));
        AtLeast(problems, options.MaxConcurrentStreams, 1, nameof(options.MaxConcurrentStreams));
        AtLeast(problems, options.MaxBatchMessages, 1, nameof(options.MaxBatchMessages));
    }

    private static void CheckCompression(WebSocketCompressionOptions options, List<string> problems)
    {
        AtLeast(problems, options.MinimumSize, 0, "Compression.MinimumSize");
        AtLeast(problems, options.MaxContexts, 0, "Compression.MaxContexts");
        if (options.ClientMaxWindowBits is < 9 or > 15)
        {
            problems.Add($"Compression.ClientMaxWindowBits is {options.ClientMaxWindowBits}: it must be from 9 to 15.");
        }

        if (!Enum.IsDefined(options.Level))
        {
            problems.Add($"Compression.Level is {options.Level}: it must be one of {string.Join(", ", Enum.GetNames<CompressionLevel>())}.");
        }
    }

    private static void CheckConnections(UpgradeOptions options, List<string> problems)
    {
        AtLeast(problems, options.MaxConnections ?? 1, 1, nameof(options.MaxConnections));
        if (options.UserExpiredCloseCode is { } code && (code is < 0 or > ushort.MaxValue || !WebSocketCloseCode.IsValidOnWire((ushort)code)))
        {
            problems.Add($"UserExpiredCloseCode is {code}: a Close may carry 1000 to 1003, 1007 to 1014, or 3000 to 4999.");
        }

        if (options.BearerToken is { SubprotocolPrefix: "" } or { QueryParameter: "" })
        {
            problems.Add("BearerToken has an empty name: use null where tokens don't stand there.");
        }

        if (options.ProxyProtocol && options.KnownProxies.Count == 0)
        {
            problems.Add("ProxyProtocol is on and KnownProxies is empty: say which peers send the PROXY header.");
        }
    }

    private static void CheckOrigins(UpgradeOptions options, List<string> problems)
    {
        foreach (var host in options.AllowedHosts.Where(static host => !HostPattern.TryParse(host, out _)))
        {
            problems.Add($"AllowedHosts: {HostPattern.Problem(host)}");
        }

        foreach (var origin in options.AllowedOrigins.Where(static origin => !OriginPattern.TryParse(origin, out _)))
        {
            problems.Add($"AllowedOrigins: {OriginPattern.Problem(origin)}");
        }
    }

    private static void AtLeast(List<string> problems, int value, int least, string option)
    {
        if (value < least)
        {
            problems.Add($"{option} is {value}: it must be {least} at least.");
        }
    }

    private static void CheckTimes(UpgradeOptions options, List<string> problems)
    {
        Time(options.HandshakeTimeout, nameof(options.HandshakeTimeout));
        Time(options.HttpKeepAliveTimeout, nameof(options.HttpKeepAliveTimeout));
        Time(options.RequestBodyTimeout, nameof(options.RequestBodyTimeout));
        Time(options.RequestTimeout, nameof(options.RequestTimeout));
        Time(options.CloseTimeout, nameof(options.CloseTimeout));
        Time(options.KeepAliveTimeout, nameof(options.KeepAliveTimeout));
        Time(options.DrainTimeout, nameof(options.DrainTimeout));
        Time(options.KeepAliveInterval, nameof(options.KeepAliveInterval), mayBeInfinite: true);
        Time(options.AnswerTimeout, nameof(options.AnswerTimeout), mayBeInfinite: true);
        Time(options.SlowHandlerWarning, nameof(options.SlowHandlerWarning), mayBeInfinite: true);
        Time(options.WriteTimeout, nameof(options.WriteTimeout), mayBeInfinite: true);

        void Time(TimeSpan value, string option, bool mayBeInfinite = false)
        {
            if (TimeRange.Problem(option, value, mayBeInfinite) is { } problem)
            {
                problems.Add(problem);
            }
        }
    }
}
