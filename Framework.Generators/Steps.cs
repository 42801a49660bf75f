namespace UpgradeProtocols.Generators;

/// <summary>The names of the generator's tracked steps.</summary>
public static class Steps
{
    /// <summary>Handlers as models.</summary>
    public const string Handlers = nameof(Handlers);

    /// <summary>Client contracts as models.</summary>
    public const string Contracts = nameof(Contracts);

    /// <summary>Client contracts of assemblies without the runtime, which the handlers that use them bring.</summary>
    public const string ForeignContracts = nameof(ForeignContracts);

    /// <summary>What the table needs of the handlers.</summary>
    public const string Table = nameof(Table);

    /// <summary>The assembly's name, and the modules of those it references.</summary>
    public const string Assembly = nameof(Assembly);

    /// <summary>Handlers as their clients know them.</summary>
    public const string Descriptions = nameof(Descriptions);

    /// <summary>The names of which there would be two.</summary>
    public const string Names = nameof(Names);
}
