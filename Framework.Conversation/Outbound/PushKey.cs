namespace UpgradeProtocols;

/// <summary>
/// The key of a waiting push: a newer push of the same method and key replaces it. Created only for pushes that declare a key,
/// and where their bytes are kept anyway.
/// </summary>
internal abstract class PushKey : IEquatable<PushKey>
{
    public abstract bool Equals(PushKey? other);

    public sealed override bool Equals(object? obj) => Equals(obj as PushKey);

    public abstract override int GetHashCode();

    /// <summary>The key's value for other nodes; <see langword="null"/> where no text distinguishes it from other values.</summary>
    public abstract string? Text { get; }
}
