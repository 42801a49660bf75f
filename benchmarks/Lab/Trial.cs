namespace UpgradeProtocols.Lab;

/// <summary>One thing to measure: a server at a work.</summary>
/// <param name="Contender">The server.</param>
/// <param name="Work">Its work.</param>
/// <param name="Crowd">Idle connections that it holds meanwhile.</param>
internal sealed record Trial(Contender Contender, Work Work, Work? Crowd = null);
