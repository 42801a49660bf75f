namespace UpgradeProtocols;

/// <summary>
/// Checks the text after a chunk's size against the grammar of RFC 9112 §7.1.1, byte by byte: <c>*( BWS ";" BWS name [ BWS "=" BWS ( token
/// / quoted-string ) ] )</c>. Its contents are ignored.
/// </summary>
internal struct ChunkExtensions
{
    private enum Phase : byte
    {
        /// <summary>After whitespace: an extension must follow.</summary>
        BeforeSemicolon,
        BeforeName,
        Name,
        BeforeEquals,
        BeforeValue,
        Value,
        Quoted,
        Escaped,
        AfterQuoted,
    }

    private Phase _phase;

    /// <summary>Whether the line may end here.</summary>
    public readonly bool MayEnd => _phase is Phase.Name or Phase.Value or Phase.AfterQuoted;

    /// <summary>Takes a byte; returns false if it isn't allowed.</summary>
    public bool TryTake(byte next)
    {
        var following = _phase switch
        {
            Phase.BeforeSemicolon or Phase.AfterQuoted => AfterValue(next),
            Phase.BeforeName => OfSpace(next, Phase.BeforeName) ?? OfToken(next, Phase.Name),
            Phase.Name => OfToken(next, Phase.Name) ?? AfterName(next),
            Phase.BeforeEquals => AfterName(next),
            Phase.BeforeValue => next == '"' ? Phase.Quoted : OfSpace(next, Phase.BeforeValue) ?? OfToken(next, Phase.Value),
            Phase.Value => OfToken(next, Phase.Value) ?? AfterValue(next),
            Phase.Escaped => OfText(next, Phase.Quoted),
            _ => next == '"' ? Phase.AfterQuoted : next == '\\' ? Phase.Escaped : OfText(next, Phase.Quoted),
        };
        _phase = following ?? _phase;
        return following is not null;
    }

    private static Phase? AfterName(byte next) => next switch
    {
        (byte)'=' => Phase.BeforeValue,
        (byte)';' => Phase.BeforeName,
        _ => OfSpace(next, Phase.BeforeEquals),
    };

    private static Phase? AfterValue(byte next) => next == ';' ? Phase.BeforeName : OfSpace(next, Phase.BeforeSemicolon);

    private static Phase? OfSpace(byte next, Phase phase) => HttpCharacters.IsWhitespace(next) ? phase : null;

    private static Phase? OfToken(byte next, Phase phase) => HttpCharacters.Token.Contains(next) ? phase : null;

    private static Phase? OfText(byte next, Phase phase) => HttpCharacters.FieldValue.Contains(next) ? phase : null;
}
