namespace UpgradeProtocols.Lab;

/// <summary>One measurement: a server and its work.</summary>
/// <param name="Contender">The server.</param>
/// <param name="Work">Its work.</param>
/// <param name="Crowd">Idle connections that it holds during the measurement.</param>
internal sealed record Trial(Contender Contender, Work Work, Work? Crowd = null);
