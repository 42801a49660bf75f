using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace UpgradeProtocols.Runtime;

/// <summary>Binds parameters to the request's route values, query and headers. Called by generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class RequestValues
{
    /// <summary>Gets a route value.</summary>
    /// <typeparam name="T">The parameter's type.</typeparam>
    /// <param name="connection">The connection.</param>
    /// <param name="name">The name in braces.</param>
    /// <returns>The value.</returns>
    public static T FromRoute<T>(UpgradeConnection connection, string name)
        where T : IParsable<T> => T.Parse(connection.RouteValues[name], CultureInfo.InvariantCulture);

    /// <summary>Gets a required query value.</summary>
    /// <typeparam name="T">The parameter's type.</typeparam>
    /// <param name="connection">The connection.</param>
    /// <param name="name">The name in the query.</param>
    /// <returns>The value.</returns>
    public static T FromQuery<T>(UpgradeConnection connection, string name)
        where T : IParsable<T> => T.Parse(connection.Request.GetQueryValue(name) ?? "", CultureInfo.InvariantCulture);

    /// <summary>Gets an optional query value.</summary>
    /// <typeparam name="T">The parameter's type.</typeparam>
    /// <param name="connection">The connection.</param>
    /// <param name="name">The name in the query.</param>
    /// <param name="absent">The parameter's value when the query doesn't have it.</param>
    /// <returns>The value.</returns>
    [return: NotNullIfNotNull(nameof(absent))]
    public static T? FromQuery<T>(UpgradeConnection connection, string name, T? absent)
        where T : IParsable<T> => connection.Request.GetQueryValue(name) is { } text ? T.Parse(text, CultureInfo.InvariantCulture) : absent;

    /// <summary>Gets a nullable query value.</summary>
    /// <typeparam name="T">The parameter's type.</typeparam>
    /// <param name="connection">The connection.</param>
    /// <param name="name">The name in the query.</param>
    /// <param name="absent">The parameter's value when the query doesn't have it.</param>
    /// <returns>The value.</returns>
    public static T? FromQueryNullable<T>(UpgradeConnection connection, string name, T? absent = null)
        where T : struct, IParsable<T> => connection.Request.GetQueryValue(name) is { } text ? T.Parse(text, CultureInfo.InvariantCulture) : absent;

    /// <summary>Checks a route value.</summary>
    /// <typeparam name="T">The parameter's type.</typeparam>
    /// <param name="connection">The connection.</param>
    /// <param name="name">The name in braces.</param>
    /// <returns>A description of the error for the client's developer, or <see langword="null"/>.</returns>
    public static string? CheckRoute<T>(UpgradeConnection connection, string name)
        where T : IParsable<T> => Check<T>(connection.RouteValues[name], "path segment", name);

    /// <summary>Checks a query value.</summary>
    /// <typeparam name="T">The parameter's type.</typeparam>
    /// <param name="connection">The connection.</param>
    /// <param name="name">The name in the query.</param>
    /// <param name="required">Whether the value is required.</param>
    /// <returns>A description of the error for the client's developer, or <see langword="null"/>.</returns>
    public static string? CheckQuery<T>(UpgradeConnection connection, string name, bool required)
        where T : IParsable<T>
    {
        if (connection.Request.GetQueryValue(name) is { } text)
        {
            return Check<T>(text, "query parameter", name);
        }

        return required ? $"The query parameter '{name}' is missing." : null;
    }

    /// <summary>Gets a required header.</summary>
    /// <typeparam name="T">The parameter's type.</typeparam>
    /// <param name="connection">The connection.</param>
    /// <param name="name">The header's name, case-insensitive.</param>
    /// <returns>The value.</returns>
    public static T FromHeader<T>(UpgradeConnection connection, string name)
        where T : IParsable<T> => T.Parse(connection.Request.Headers[name] ?? "", CultureInfo.InvariantCulture);

    /// <summary>Gets an optional header.</summary>
    /// <typeparam name="T">The parameter's type.</typeparam>
    /// <param name="connection">The connection.</param>
    /// <param name="name">The header's name, case-insensitive.</param>
    /// <param name="absent">The parameter's value when the request doesn't have the header.</param>
    /// <returns>The value.</returns>
    [return: NotNullIfNotNull(nameof(absent))]
    public static T? FromHeader<T>(UpgradeConnection connection, string name, T? absent)
        where T : IParsable<T> => connection.Request.Headers[name] is { } text ? T.Parse(text, CultureInfo.InvariantCulture) : absent;

    /// <summary>Gets a nullable header.</summary>
    /// <typeparam name="T">The parameter's type.</typeparam>
    /// <param name="connection">The connection.</param>
    /// <param name="name">The header's name, case-insensitive.</param>
    /// <param name="absent">The parameter's value when the request doesn't have the header.</param>
    /// <returns>The value.</returns>
    public static T? FromHeaderNullable<T>(UpgradeConnection connection, string name, T? absent = null)
        where T : struct, IParsable<T> => connection.Request.Headers[name] is { } text ? T.Parse(text, CultureInfo.InvariantCulture) : absent;

    /// <summary>Checks a header.</summary>
    /// <typeparam name="T">The parameter's type.</typeparam>
    /// <param name="connection">The connection.</param>
    /// <param name="name">The header's name, case-insensitive.</param>
    /// <param name="required">Whether the header is required.</param>
    /// <returns>A description of the error for the client's developer, or <see langword="null"/>.</returns>
    public static string? CheckHeader<T>(UpgradeConnection connection, string name, bool required)
        where T : IParsable<T>
    {
        if (connection.Request.Headers[name] is { } text)
        {
            return Check<T>(text, "field", name);
        }

        return required ? $"The field '{name}' is missing." : null;
    }

    private static string? Check<T>(string text, string what, string name)
        where T : IParsable<T> =>
        T.TryParse(text, CultureInfo.InvariantCulture, out _) ? null : $"The {what} '{name}' is not a valid {typeof(T).Name}.";
}
