namespace UpgradeProtocols.Lab;

/// <summary>The purpose of a run.</summary>
internal enum LabMode
{
    /// <summary>This framework beside others.</summary>
    Peers,

    /// <summary>How cost grows with the number or size of something.</summary>
    Growth,

    /// <summary>This framework under other settings of the runtime.</summary>
    Variants,
}
