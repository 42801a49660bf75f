using Microsoft.Extensions.Options;

namespace UpgradeProtocols;

/// <summary>Rejects invalid options when the application starts.</summary>
internal sealed class BackplaneOptionsValidator : IValidateOptions<BackplaneOptions>
{
    public ValidateOptionsResult Validate(string? name, BackplaneOptions options)
    {
        var problems = new ValidateOptionsResultBuilder();
        Time(problems, options.JoinTimeout, nameof(options.JoinTimeout));
        Time(problems, options.PublishTimeout, nameof(options.PublishTimeout));
        Time(problems, options.BufferTime, nameof(options.BufferTime));
        Time(problems, options.HeartbeatInterval, nameof(options.HeartbeatInterval));
        Time(problems, options.PresenceTimeout, nameof(options.PresenceTimeout));
        Time(problems, options.NodeTimeout, nameof(options.NodeTimeout));
        if (options.NodeTimeout / 2 < options.HeartbeatInterval)
        {
            problems.AddError("It must be at least twice the HeartbeatInterval, so that a node doesn't count as dead between two heartbeats.", nameof(options.NodeTimeout));
        }

        if (options.MaxUnacknowledgedBytes <= 0)
        {
            problems.AddError("It must be positive.", nameof(options.MaxUnacknowledgedBytes));
        }

        if (options.BufferBytes < 0)
        {
            problems.AddError("It can't be negative.", nameof(options.BufferBytes));
        }

        if (options.ChannelPrefix is null)
        {
            problems.AddError("It can't be null.", nameof(options.ChannelPrefix));
        }

        if (options.MaxBacklogBytes <= 0)
        {
            problems.AddError("It must be positive.", nameof(options.MaxBacklogBytes));
        }

        if (!MemberName.IsWellFormed(options.ChannelPrefix))
        {
            problems.AddError("It has half a surrogate pair, which UTF-8 can't encode.", nameof(options.ChannelPrefix));
        }

        return problems.Build();
    }

    private static void Time(ValidateOptionsResultBuilder problems, TimeSpan value, string name)
    {
        if (TimeRange.Problem(name, value) is { } problem)
        {
            problems.AddError(problem);
        }
    }
}
