using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace UpgradeProtocols.Runtime;

/// <summary>Binds parameters to the request's path, query and head. Called by generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class RequestValues
{
    /// <summary>A value of the path.</summary>
    /// <typeparam name="T">The parameter's type.</typeparam>
    /// <param name="connection">The connection.</param>
    /// <param name="name">The name in braces.</param>
    /// <returns>The value.</returns>
    public static T FromPath<T>(UpgradeConnection connection, string name)
        where T : IParsable<T> => T.Parse(connection.PathValues[name], CultureInfo.InvariantCulture);

    /// <summary>A value of the query that must be there.</summary>
    /// <typeparam name="T">The parameter's type.</typeparam>
    /// <param name="connection">The connection.</param>
    /// <param name="name">The name in the query.</param>
    /// <returns>The value.</returns>
    public static T FromQuery<T>(UpgradeConnection connection, string name)
        where T : IParsable<T> => T.Parse(connection.Request.GetQueryValue(name) ?? "", CultureInfo.InvariantCulture);

    /// <summary>A value of the query that may be absent.</summary>
    /// <typeparam name="T">The parameter's type.</typeparam>
    /// <param name="connection">The connection.</param>
    /// <param name="name">The name in the query.</param>
    /// <param name="absent">What the parameter is then.</param>
    /// <returns>The value.</returns>
    [return: NotNullIfNotNull(nameof(absent))]
    public static T? FromQuery<T>(UpgradeConnection connection, string name, T? absent)
        where T : IParsable<T> => connection.Request.GetQueryValue(name) is { } text ? T.Parse(text, CultureInfo.InvariantCulture) : absent;

    /// <summary>A nullable value of the query.</summary>
    /// <typeparam name="T">The parameter's type.</typeparam>
    /// <param name="connection">The connection.</param>
    /// <param name="name">The name in the query.</param>
    /// <param name="absent">What the parameter is when the query doesn't have it.</param>
    /// <returns>The value.</returns>
    public static T? FromQueryNullable<T>(UpgradeConnection connection, string name, T? absent = null)
        where T : struct, IParsable<T> => connection.Request.GetQueryValue(name) is { } text ? T.Parse(text, CultureInfo.InvariantCulture) : absent;

    /// <summary>Tells what is wrong with a value of the path.</summary>
    /// <typeparam name="T">The parameter's type.</typeparam>
    /// <param name="connection">The connection.</param>
    /// <param name="name">The name in braces.</param>
    /// <returns>A line for the client's developer, or <see langword="null"/>.</returns>
    public static string? CheckPath<T>(UpgradeConnection connection, string name)
        where T : IParsable<T> => Check<T>(connection.PathValues[name], "path segment", name);

    /// <summary>Tells what is wrong with a value of the query.</summary>
    /// <typeparam name="T">The parameter's type.</typeparam>
    /// <param name="connection">The connection.</param>
    /// <param name="name">The name in the query.</param>
    /// <param name="required">Whether it must be there.</param>
    /// <returns>A line for the client's developer, or <see langword="null"/>.</returns>
    public static string? CheckQuery<T>(UpgradeConnection connection, string name, bool required)
        where T : IParsable<T>
    {
        if (connection.Request.GetQueryValue(name) is { } text)
        {
            return Check<T>(text, "query parameter", name);
        }

        return required ? $"The query parameter '{name}' is missing." : null;
    }

    /// <summary>A field of the head that must be there.</summary>
    /// <typeparam name="T">The parameter's type.</typeparam>
    /// <param name="connection">The connection.</param>
    /// <param name="name">The field's name, in any case.</param>
    /// <returns>The value.</returns>
    public static T FromHeader<T>(UpgradeConnection connection, string name)
        where T : IParsable<T> => T.Parse(connection.Request.Fields[name] ?? "", CultureInfo.InvariantCulture);

    /// <summary>A field of the head that may be absent.</summary>
    /// <typeparam name="T">The parameter's type.</typeparam>
    /// <param name="connection">The connection.</param>
    /// <param name="name">The field's name, in any case.</param>
    /// <param name="absent">What the parameter is then.</param>
    /// <returns>The value.</returns>
    [return: NotNullIfNotNull(nameof(absent))]
    public static T? FromHeader<T>(UpgradeConnection connection, string name, T? absent)
        where T : IParsable<T> => connection.Request.Fields[name] is { } text ? T.Parse(text, CultureInfo.InvariantCulture) : absent;

    /// <summary>A nullable field of the head.</summary>
    /// <typeparam name="T">The parameter's type.</typeparam>
    /// <param name="connection">The connection.</param>
    /// <param name="name">The field's name, in any case.</param>
    /// <param name="absent">What the parameter is when the head doesn't have it.</param>
    /// <returns>The value.</returns>
    public static T? FromHeaderNullable<T>(UpgradeConnection connection, string name, T? absent = null)
        where T : struct, IParsable<T> => connection.Request.Fields[name] is { } text ? T.Parse(text, CultureInfo.InvariantCulture) : absent;

    /// <summary>Tells what is wrong with a field of the head.</summary>
    /// <typeparam name="T">The parameter's type.</typeparam>
    /// <param name="connection">The connection.</param>
    /// <param name="name">The field's name, in any case.</param>
    /// <param name="required">Whether it must be there.</param>
    /// <returns>A line for the client's developer, or <see langword="null"/>.</returns>
    public static string? CheckHeader<T>(UpgradeConnection connection, string name, bool required)
        where T : IParsable<T>
    {
        if (connection.Request.Fields[name] is { } text)
        {
            return Check<T>(text, "field", name);
        }

        return required ? $"The field '{name}' is missing." : null;
    }

    private static string? Check<T>(string text, string what, string name)
        where T : IParsable<T> =>
        T.TryParse(text, CultureInfo.InvariantCulture, out _) ? null : $"The {what} '{name}' is not a valid {typeof(T).Name}.";
}
