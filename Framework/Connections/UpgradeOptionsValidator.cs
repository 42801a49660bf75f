using System.Text;
using Microsoft.Extensions.Options;

namespace UpgradeProtocols;

/// <summary>Finds options that can't work when the server starts, not when the first peer meets them.</summary>
internal sealed class UpgradeOptionsValidator : IValidateOptions<UpgradeOptions>
{
    // What a timer takes.
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(49);

    public ValidateOptionsResult Validate(string? name, UpgradeOptions options)
    {
        var problems = new List<string>();
        Positive(options.HandshakeTimeout, nameof(options.HandshakeTimeout));
        Positive(options.KeepAliveTimeout, nameof(options.KeepAliveTimeout));
        Positive(options.RequestBodyTimeout, nameof(options.RequestBodyTimeout));
        Positive(options.RequestTimeout, nameof(options.RequestTimeout));
        Positive(options.CloseTimeout, nameof(options.CloseTimeout));
        Positive(options.PingTimeout, nameof(options.PingTimeout));
        Positive(options.DrainTimeout, nameof(options.DrainTimeout));
        if (options.PingInterval != Timeout.InfiniteTimeSpan)
        {
            Positive(options.PingInterval, nameof(options.PingInterval));
        }

        if (options.AnswerTimeout != Timeout.InfiniteTimeSpan)
        {
            Positive(options.AnswerTimeout, nameof(options.AnswerTimeout));
        }

        if (options.HandlerEndWarning != Timeout.InfiniteTimeSpan)
        {
            Positive(options.HandlerEndWarning, nameof(options.HandlerEndWarning));
        }

        if (options.WriteTimeout != Timeout.InfiniteTimeSpan)
        {
            Positive(options.WriteTimeout, nameof(options.WriteTimeout));
        }

        AtLeast(options.MaxRequestLineSize, 64, nameof(options.MaxRequestLineSize));
        AtLeast(options.MaxRequestHeadSize, options.MaxRequestLineSize, nameof(options.MaxRequestHeadSize));
        AtLeast(options.MaxRequestFieldCount, 1, nameof(options.MaxRequestFieldCount));
        AtLeast(options.MaxRequestBodySize, 0, nameof(options.MaxRequestBodySize));
        AtLeast(options.MaxMessageSize, 1, nameof(options.MaxMessageSize));
        AtLeast(options.MaxWaitingBytes, 1, nameof(options.MaxWaitingBytes));
        AtLeast(options.MaxWaitingBytesBeforeReply, 1, nameof(options.MaxWaitingBytesBeforeReply));
        AtLeast(options.MaxOutboundBytes, 1, nameof(options.MaxOutboundBytes));
        AtLeast(options.MaxConcurrentMessages, 1, nameof(options.MaxConcurrentMessages));
        AtLeast(options.MaxConcurrentStreams, 1, nameof(options.MaxConcurrentStreams));
        AtLeast(options.MaxBatchMessages, 1, nameof(options.MaxBatchMessages));
        AtLeast(options.Compression.MinimumSize, 0, "Compression.MinimumSize");
        AtLeast(options.Compression.MaxContexts, 0, "Compression.MaxContexts");
        if (options.Compression.ClientMaxWindowBits is < 9 or > 15)
        {
            problems.Add($"Compression.ClientMaxWindowBits is {options.Compression.ClientMaxWindowBits}: it must be from 9 to 15.");
        }

        foreach (var host in options.AllowedHosts.Where(static host => !IsHost(host)))
        {
            problems.Add($"AllowedHosts: '{host}' is not a host. Write a name without scheme and port, such as app.example, *.example, or *.");
        }

        if (options.UserExpiredCloseCode is { } code && (code is < 0 or > ushort.MaxValue || !WebSocketCloseCode.IsValidOnWire((ushort)code)))
        {
            problems.Add($"UserExpiredCloseCode is {code}: a Close may carry 1000 to 1003, 1007 to 1014, or 3000 to 4999.");
        }

        if (options.BearerToken is { SubprotocolPrefix: "" } or { QueryParameter: "" })
        {
            problems.Add("BearerToken has an empty name: use null where tokens don't stand there.");
        }

        AtLeast(options.MaxConnections ?? 1, 1, nameof(options.MaxConnections));
        if (options.ProxyProtocol && options.KnownProxies.Count == 0)
        {
            problems.Add("ProxyProtocol is on and KnownProxies is empty: say which peers send the PROXY header.");
        }

        foreach (var origin in options.AllowedOrigins.Where(o => !OriginPattern.TryParse(o, out _)))
        {
            problems.Add($"AllowedOrigins: '{origin}' is not an origin. Write scheme://host[:port], scheme://*.domain, or *.");
        }

        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);

        void Positive(TimeSpan value, string option)
        {
            if (value <= TimeSpan.Zero)
            {
                problems.Add($"{option} is {value}: it must be longer than zero.");
            }
            else if (value > s_longest)
            {
                problems.Add($"{option} is {value}: it must be {s_longest.Days} days at most.");
            }
        }

        void AtLeast(int value, int least, string option)
        {
            if (value < least)
            {
                problems.Add($"{option} is {value}: it must be {least} at least.");
            }
        }
    }

    // A port would never match: hosts are compared without it.
    private static bool IsHost(string host)
    {
        var name = host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host;
        return host == "*" || (HostSyntax.IsValid(Encoding.UTF8.GetBytes(name)) && name.LastIndexOf(':') <= name.LastIndexOf(']'));
    }
}
