using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>Reads parameters that are taken from the request: a segment of the path, a parameter of the query, a field of the head.</summary>
internal static class RequestValueReader
{
    /// <summary>What is wrong with a type that is read from text, or <see langword="null"/>.</summary>
    public static string? Problem(ITypeSymbol declared)
    {
        declared.IsNullableValue(out var type);
        return type.AllInterfaces.Any(candidate => candidate.Is("System", "IParsable`1") && SymbolEqualityComparer.Default.Equals(candidate.TypeArguments[0], type))
            ? null
            : $"is a '{type.Display()}', which can't be read from text: take a string or a type that implements IParsable<T>";
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
