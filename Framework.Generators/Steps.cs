namespace UpgradeProtocols.Generators;

/// <summary>The names of the generator's tracked steps.</summary>
public static class Steps
{
    /// <summary>Handlers as models.</summary>
    public const string Handlers = nameof(Handlers);

    /// <summary>Client contracts as models.</summary>
    public const string Contracts = nameof(Contracts);

    /// <summary>Client contracts of assemblies without the runtime. The handlers that use them provide their implementations.</summary>
    public const string ForeignContracts = nameof(ForeignContracts);

    /// <summary>The input of the negotiation table from the handlers.</summary>
    public const string Table = nameof(Table);

    /// <summary>The assembly's name, and the modules of its referenced assemblies.</summary>
    public const string Assembly = nameof(Assembly);

    /// <summary>Protocol descriptions of the handlers.</summary>
    public const string Descriptions = nameof(Descriptions);

    /// <summary>The names that would be ambiguous.</summary>
    public const string Names = nameof(Names);
}
