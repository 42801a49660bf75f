namespace UpgradeProtocols;

/// <summary>The parameter is a segment of the request's path, named in braces in <see cref="UpgradeProtocolAttribute.Path"/>.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class FromPathAttribute : Attribute
{
    /// <summary>Binds the segment that has the parameter's name.</summary>
    public FromPathAttribute()
    {
    }

    /// <summary>Binds a segment by its name.</summary>
    /// <param name="name">The name in braces.</param>
    public FromPathAttribute(string name) => Name = name;

    /// <summary>The segment's name; the parameter's when <see langword="null"/>.</summary>
    public string? Name { get; }
}

/// <summary>
/// The parameter comes from the request's query. Without a value in the query the parameter is its default, or the
/// upgrade is refused with 400 if it has none and is not nullable.
/// </summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class FromQueryAttribute : Attribute
{
    /// <summary>Binds the query parameter that has the parameter's name.</summary>
    public FromQueryAttribute()
    {
    }

    /// <summary>Binds a query parameter by its name.</summary>
    /// <param name="name">The name in the query, compared with case.</param>
    public FromQueryAttribute(string name) => Name = name;

    /// <summary>The query parameter's name; the parameter's when <see langword="null"/>.</summary>
    public string? Name { get; }
}

/// <summary>The parameter is a service, from a scope that lives as long as the message's handling.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class FromServiceAttribute : Attribute;

/// <summary>
/// The parameter takes the payload whole, in formats that bind parameters by name or position
/// (<see cref="MessageFormatFeatures.Parameters"/>). In others a payload is taken whole anyway.
/// </summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class PayloadAttribute : Attribute;
