namespace UpgradeProtocols.Tests.Fuzz;

/// <summary>Tests that replace the pool of the server: no other tests run at the same time.</summary>
[CollectionDefinition(nameof(EngineAlone), DisableParallelization = true)]
public sealed class EngineAlone;
