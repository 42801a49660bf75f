namespace UpgradeProtocols;

internal enum InflateResult
{
    /// <summary>All of the input was used.</summary>
    Done,

    /// <summary>The input isn't DEFLATE data, or ends inside a block.</summary>
    Corrupt,

    /// <summary>The output would exceed its limit.</summary>
    TooLarge,
}
