namespace UpgradeProtocols.Lab;

/// <summary>The purpose of a run.</summary>
internal enum LabMode
{
    /// <summary>A comparison of this framework with others.</summary>
    Peers,

    /// <summary>The growth of the cost with a number or a size.</summary>
    Growth,

    /// <summary>This framework with different runtime settings.</summary>
    Variants,
}
