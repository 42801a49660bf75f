using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>Reads parameters whose source is the request: a path segment, a query parameter or a header.</summary>
internal static class RequestValueReader
{
    /// <summary>The problem of a type that is parsed from text, or <see langword="null"/>.</summary>
    public static string? Problem(ITypeSymbol declared)
    {
        declared.IsNullableValue(out var type);
        return type.AllInterfaces.Any(candidate => candidate.Is("System", "IParsable`1") && SymbolEqualityComparer.Default.Equals(candidate.TypeArguments[0], type))
            ? null
            : $"is a '{type.Display()}', which can't be parsed from text: take a string or a type that implements IParsable<T>";
    }

    public static ParameterModel Read(IParameterSymbol parameter, ParameterBinding binding)
    {
        var isPath = binding.Source == BindingSource.Path;
        parameter.Type.IsNullableValue(out var type);
        return new ParameterModel(
            isPath ? ParameterSource.Path : binding.Source == BindingSource.Query ? ParameterSource.Query : ParameterSource.Header,
            type.CodeOfValue(),
            binding.Name ?? parameter.Name,
            !isPath && parameter.HasExplicitDefaultValue ? Literals.Default(parameter) : null,
            parameter.TakesNull(),
            type.IsValueType);
    }
}
