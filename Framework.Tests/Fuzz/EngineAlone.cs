namespace UpgradeProtocols.Tests.Fuzz;

/// <summary>Tests that put another pool in the place of the server's: they run when no others do.</summary>
[CollectionDefinition(nameof(EngineAlone), DisableParallelization = true)]
public sealed class EngineAlone;
