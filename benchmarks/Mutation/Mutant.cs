namespace UpgradeProtocols.Mutation;

/// <summary>A change of the product.</summary>
/// <param name="Number">The number by which the build knows it.</param>
/// <param name="File">The file, relative to the repository.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="Kind">The kind of the change.</param>
/// <param name="Old">The old text.</param>
/// <param name="New">The new text.</param>
/// <param name="Ordinal">The position among the mutants of the file with the same kind and texts.</param>
internal sealed record Mutant(int Number, string File, int Line, string Kind, string Old, string New, int Ordinal)
{
    /// <summary>Identifies the mutant also after edits elsewhere in the file.</summary>
    public string Id => $"{File}|{Kind}|{Old}|{New}|{Ordinal}";

    public override string ToString() => $"{File}:{Line} [{Kind}] {Old} -> {New}";
}
