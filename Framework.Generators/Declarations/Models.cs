namespace UpgradeProtocols.Declarations;

/// <summary>The valid part of a class with [UpgradeProtocol]. Equal models generate equal code.</summary>
/// <param name="FullName">Namespace, containing types and name, without <c>global::</c> and without <c>@</c>.</param>
/// <param name="Type">The type as generated code writes it.</param>
/// <param name="File">The name of the declaring file, without a folder.</param>
/// <param name="Protocols">One for each attribute, in their order.</param>
/// <param name="Messages">The messages, ordered by name, so that moving a method changes nothing.</param>
/// <param name="ForeignContracts">Client contracts of assemblies that don't implement their contracts themselves.</param>
internal sealed record HandlerModel(
    string FullName,
    string Type,
    string File,
    EquatableArray<ProtocolModel> Protocols,
    EquatableArray<ParameterModel> Constructor,
    EquatableArray<MessageModel> Messages,
    MethodModel? OnUpgrading,
    MethodModel? OnConnected,
    MethodModel? OnUpgraded,
    MethodModel? Background,
    MethodModel? OnDisconnected,
    EquatableArray<ContractModel> ForeignContracts)
{
    /// <summary>The directives of the generated file before its first line of code.</summary>
    public FileHead Head { get; init; } = FileHead.Empty;

    /// <summary>The type's name without its namespace, for comments.</summary>
    public string Name => FullName.Substring(FullName.LastIndexOf('.') + 1);

    public IEnumerable<MessageModel> MessagesOf(ProtocolModel protocol) =>
        Messages.Where(message => message.Protocols.Contains(protocol.Index));
}

/// <summary>The directives of a generated file before its first line of code.</summary>
/// <param name="Aliases">The extern aliases that the file uses to name types.</param>
/// <param name="Warnings">The obsolete and experimental warnings of the symbols in the file, in addition to the compiler's own.</param>
internal sealed record FileHead(EquatableArray<string> Aliases, EquatableArray<string> Warnings)
{
    public static FileHead Empty { get; } = new([], []);

    public static FileHead Of(IEnumerable<FileHead> heads)
    {
        var all = heads.Distinct().ToList();
        return new FileHead(Merged(all.SelectMany(head => head.Aliases)), Merged(all.SelectMany(head => head.Warnings)));
    }

    private static EquatableArray<string> Merged(IEnumerable<string> names) =>
        names.Distinct(StringComparer.Ordinal).OrderBy(name => name, StringComparer.Ordinal).ToEquatableArray();
}

/// <summary>One [UpgradeProtocol]: its entry in the negotiation table, its codec and its format.</summary>
/// <param name="Index">The position of the attribute among the class's [UpgradeProtocol] attributes, including invalid ones.</param>
/// <param name="Name">The name, or <see langword="null"/> for the path's default.</param>
/// <param name="IsDefault">Whether the attribute sets <c>Default = true</c>.</param>
/// <param name="Framing">The framing's type, for a raw protocol of messages.</param>
/// <param name="JsonContext">The context's type, or <see langword="null"/> for reflection.</param>
/// <param name="Codec">The codec that the attribute names instead of a context, or <see langword="null"/>.</param>
/// <param name="Client">The client contract's type.</param>
internal sealed record ProtocolModel(
    int Index,
    string? Name,
    string Path,
    ProtocolKind Kind,
    bool IsDefault,
    EquatableArray<string> Methods,
    EquatableArray<string>? AllowedOrigins,
    int SubprotocolMismatch,
    int? SlowConsumer,
    int MaxMessageSize,
    int MaxConnections,
    bool Compression,
    FormatModel Format,
    string? Framing,
    string? JsonContext,
    CodecModel? Codec,
    string? Client)
{
    /// <summary>How the names of payload parameters are written and compared.</summary>
    public MemberNaming Naming { get; init; } = MemberNaming.Web;

    /// <summary>Whether it serves clients that request no subprotocol: it has no name, or it is marked as default.</summary>
    public bool ServesAsDefault => Kind == ProtocolKind.WebSocket && (Name is null || IsDefault);

    /// <summary>The protocol's name in messages and comments.</summary>
    public string DisplayName => Name ?? $"the default of {Path}";

    /// <summary>Whether text and binary frames have different messages: a WebSocket without an envelope.</summary>
    public bool DecidesByKind => Kind == ProtocolKind.WebSocket && Format.IsRawMessageFormat;
}

/// <summary>A codec that a protocol names.</summary>
/// <param name="Type">The type as generated code writes it.</param>
/// <param name="IsBinary">Whether its payloads are binary.</param>
internal sealed record CodecModel(string Type, bool IsBinary);

/// <summary>The kind of a protocol. The values equal those of <c>UpgradeKind</c>.</summary>
internal enum ProtocolKind
{
    WebSocket = 0,
    Raw = 1,
}

/// <summary>A message format and its features.</summary>
/// <param name="Type">The type as generated code writes it.</param>
/// <param name="Discriminator">The member that holds the message's name, for the flat JSON format.</param>
internal sealed record FormatModel(string Type, string? Discriminator, MessageFormatFeatures Features, int MinTag, int MaxTag)
{
    public const string Json = "global::UpgradeProtocols.JsonMessageFormat";
    public const string FlatJson = "global::UpgradeProtocols.FlatJsonMessageFormat";
    public const string JsonRpc = "global::UpgradeProtocols.JsonRpcMessageFormat";
    public const string Raw = "global::UpgradeProtocols.RawMessageFormat";

    public bool IsRawMessageFormat => Type == Raw;

    public bool HasNames => (Features & MessageFormatFeatures.Names) != 0;

    public bool HasTags => (Features & MessageFormatFeatures.Tags) != 0;

    /// <summary>Whether it has no envelope, so that text and bytes are sent unchanged as payloads.</summary>
    public bool IsBare => !HasNames && !HasTags;

    /// <summary>Whether text and bytes are sent unchanged as payloads.</summary>
    public bool HasPlainPayloads => IsBare || (Features & MessageFormatFeatures.PlainPayloads) != 0;

    /// <summary>Whether payload parameters are bound by name or position.</summary>
    public bool BindsParameters => (Features & MessageFormatFeatures.Parameters) != 0;

    /// <summary>Whether several payload parameters are bound by name, though a single one takes the whole payload.</summary>
    public bool HasMembers => (Features & MessageFormatFeatures.Members) != 0;

    /// <summary>Whether a method can have several payload parameters.</summary>
    public bool BindsSeveral => BindsParameters || HasMembers;

    /// <summary>Whether a method can reply. Without an envelope, its result is sent unchanged.</summary>
    public bool CanReply => IsBare || (Features & MessageFormatFeatures.Replies) != 0;

    /// <summary>Whether the server can send a request and await the client's reply.</summary>
    public bool CanAsk => (Features & MessageFormatFeatures.ServerRequests) != 0;

    /// <summary>Whether the server can send a message without a reply.</summary>
    public bool CanNotify => (Features & MessageFormatFeatures.RequestsOnly) == 0;

    public bool CanStream => (Features & MessageFormatFeatures.Streams) != 0;

    /// <summary>The type's name in messages.</summary>
    public string DisplayName => Type.Substring(Type.LastIndexOfAny(['.', ':']) + 1);
}

/// <summary>A method with [Message].</summary>
/// <param name="Name">The message's name, or <see langword="null"/>.</param>
/// <param name="Tag">The message's tag, or <see langword="null"/>. A message without a name and a tag is the catch-all.</param>
/// <param name="ReplyTag">The reply's tag, or <see langword="null"/> for the message's own tag.</param>
/// <param name="Protocols">The indexes of the protocols that have the message.</param>
/// <param name="Takes">For a catch-all, the kinds of frames that it takes if the kind of frame selects the message.</param>
internal sealed record MessageModel(
    string? Name,
    int? Tag,
    int? ReplyTag,
    bool IsConcurrent,
    EquatableArray<int> Protocols,
    FrameKinds Takes,
    MethodModel Method)
{
    public bool IsCatchAll => Name is null && Tag is null;

    /// <summary>The kinds of frames that it takes in a protocol. The payloads of a binary codec arrive in binary frames.</summary>
    public FrameKinds TakesIn(ProtocolModel protocol) =>
        Takes == FrameKinds.Text && protocol.Codec is { IsBinary: true } && Method.Payload?.Payload is { Form: PayloadForm.Typed } ? FrameKinds.Binary : Takes;
}

[Flags]
internal enum FrameKinds
{
    None = 0,
    Text = 1,
    Binary = 2,
    Both = Text | Binary,
}

/// <summary>A method that generated code calls.</summary>
/// <param name="Name">The name, with an <c>@</c> if it is a keyword.</param>
/// <param name="StaticType">For a static method, the type to call it on.</param>
/// <param name="BaseType">For a method of a base class, the type to call it on.</param>
/// <param name="Result">The result without the task around it, or <see langword="null"/> for none.</param>
/// <param name="Access">The authorization rules, as expressions that create the attributes. Empty if any client may call it.</param>
internal sealed record MethodModel(
    string Name,
    string? StaticType,
    string? BaseType,
    EquatableArray<ParameterModel> Parameters,
    ReturnShape Returns,
    PayloadModel? Result,
    EquatableArray<string> Access)
{
    /// <summary>Whether the returned value, or the result of the returned task, may be null.</summary>
    public bool MayReturnNull { get; init; }

    public bool UsesServices => Parameters.Any(parameter => parameter.Source is ParameterSource.Service or ParameterSource.KeyedService);

    public IEnumerable<ParameterModel> Payloads => Parameters.Where(parameter => parameter.Source == ParameterSource.Payload);

    public ParameterModel? Payload => Payloads.FirstOrDefault();

    /// <summary>Whether the format binds the payload parameters of this method, instead of passing the whole payload.</summary>
    public bool BindsPayloadsIn(FormatModel format) =>
        Payloads.Any(payload => !payload.TakesWhole) && (format.BindsParameters || (format.HasMembers && Payloads.Skip(1).Any()));
}

internal enum ReturnShape
{
    Void,
    Task,
    ValueTask,

    /// <summary>A synchronous value.</summary>
    Value,
    TaskOfValue,
    ValueTaskOfValue,

    /// <summary>The result of a send, which is not a reply.</summary>
    SendResult,
    TaskOfSendResult,
    ValueTaskOfSendResult,
    Stream,
}

/// <summary>A method's parameter and the source of its argument.</summary>
/// <param name="Type">The type in generated code, without the <c>?</c> of a request's value type. Empty if the source implies it.</param>
/// <param name="Key">The name in the path, query or headers. For a keyed service, the key's expression.</param>
/// <param name="Default">
/// The default value's expression, for values of the query and payloads. For a constructor's service, the value if it isn't registered.
/// </param>
/// <param name="IsNullable">Whether it may be null.</param>
/// <param name="IsValueType">Whether its type, without a <c>?</c>, is a value type.</param>
/// <param name="IsMarked">Whether an attribute makes it take the whole payload.</param>
internal sealed record ParameterModel(
    ParameterSource Source,
    string Type = "",
    string? Key = null,
    string? Default = null,
    bool IsNullable = false,
    bool IsValueType = false,
    PayloadModel? Payload = null,
    bool IsMarked = false)
{
    /// <summary>Whether it takes the whole payload in every format: it is marked, or takes the payload's bytes.</summary>
    public bool TakesWhole => IsMarked || Payload is { Form: PayloadForm.Memory or PayloadForm.Span };
}

internal enum ParameterSource
{
    Connection,
    Request,
    Cancellation,
    User,
    MessageKind,
    MessageId,
    MessageName,
    MessageTag,
    Pipe,
    Close,
    Path,
    Query,
    Header,
    Service,
    KeyedService,
    Payload,
}

/// <summary>The type that is read from or written to a message's payload.</summary>
/// <param name="Type">The type as generated code writes it, without the <c>?</c> of a nullable reference type.</param>
/// <param name="Label">A name for the type that is valid in an identifier.</param>
/// <param name="IsNullable">Whether it may be null.</param>
internal sealed record PayloadModel(string Type, string Label, PayloadForm Form, bool IsNullable)
{
    /// <summary>The type argument of its serializer. It differs for nullable memory.</summary>
    public string SerializedType => Form == PayloadForm.Memory && IsNullable ? Type + "?" : Type;
}

internal enum PayloadForm
{
    /// <summary>A value that the codec serializes, as JSON unless the protocol names a codec.</summary>
    Typed,

    /// <summary>A string: text in a format without an envelope, otherwise serialized by the codec.</summary>
    Text,

    /// <summary>A byte[]: bytes in a format without an envelope, otherwise serialized by the codec.</summary>
    Bytes,

    /// <summary>A ReadOnlyMemory&lt;byte&gt;: the payload's bytes in every format.</summary>
    Memory,

    /// <summary>A ReadOnlySpan&lt;byte&gt;: the payload's bytes in the receive buffer, in every format.</summary>
    Span,
}

/// <summary>An interface with [ClientContract]. Only valid contracts are generated, because a class must implement every member.</summary>
/// <param name="FullName">Namespace, containing types and name, without <c>global::</c> and without <c>@</c>.</param>
/// <param name="Type">The type as generated code writes it.</param>
/// <param name="Messages">The messages, ordered by name.</param>
internal sealed record ContractModel(string FullName, string Type, EquatableArray<ContractMessageModel> Messages)
{
    /// <summary>The directives of the generated file before its first line of code.</summary>
    public FileHead Head { get; init; } = FileHead.Empty;

    /// <summary>The type's name without its namespace, for comments.</summary>
    public string Name => FullName.Substring(FullName.LastIndexOf('.') + 1);
}

/// <summary>A method of a client contract.</summary>
/// <param name="Name">The message's name, or <see langword="null"/>.</param>
/// <param name="Tag">The message's tag, or <see langword="null"/>.</param>
/// <param name="Versions">The protocols that have it, or <see langword="null"/> for all.</param>
/// <param name="Interface">The interface that declares the method.</param>
/// <param name="Method">The method's name, with an <c>@</c> if it is a keyword.</param>
/// <param name="ReturnType">The return type as it is declared.</param>
/// <param name="Reply">The reply's type for a request, or <see langword="null"/> for a push.</param>
/// <param name="ReturnsTask">Whether it returns a Task rather than a ValueTask.</param>
/// <param name="TellsResult">Whether it returns the result of the push.</param>
/// <param name="Parameters">The payload, if any, and tokens.</param>
internal sealed record ContractMessageModel(
    string? Name,
    int? Tag,
    EquatableArray<string>? Versions,
    string Interface,
    string Method,
    string ReturnType,
    string? Reply,
    bool ReturnsTask,
    bool TellsResult,
    EquatableArray<ContractParameterModel> Parameters)
{
    /// <summary>The push's policy as a value of <c>SlowConsumerPolicy</c>, or <see langword="null"/> for the protocol's policy.</summary>
    public int? SlowConsumer { get; init; }

    /// <summary>The member that identifies the waiting push that a newer push replaces.</summary>
    public KeyModel? Key { get; init; }

    /// <summary>The projections of the payload for some protocols.</summary>
    public EquatableArray<ProjectionModel> Projections { get; init; }
}

/// <summary>A member of a payload.</summary>
/// <param name="Member">The member's name, with an <c>@</c> if it is a keyword.</param>
/// <param name="Type">The key's type as generated code writes it.</param>
/// <param name="IsOfValueType">Whether the payload, without a <c>?</c>, is a value type.</param>
/// <param name="Value">The expression that creates the key from the member, which it names <see cref="Place"/>.</param>
internal sealed record KeyModel(string Member, string Type, bool IsOfValueType, string Value)
{
    public const string Place = "\0";
}

/// <summary>A static method that converts a payload for some protocols.</summary>
/// <param name="Interface">The interface that declares the method.</param>
/// <param name="Method">The method's name, with an <c>@</c> if it is a keyword.</param>
/// <param name="Shape">The return type, as a payload.</param>
/// <param name="Type">The return type as it is declared.</param>
internal sealed record ProjectionModel(EquatableArray<string> Protocols, string Interface, string Method, PayloadModel Shape, string Type);

/// <summary>A parameter of a client contract's method.</summary>
/// <param name="Payload">The payload, or <see langword="null"/> for a CancellationToken.</param>
/// <param name="Type">The type as it is declared.</param>
internal sealed record ContractParameterModel(string Type, PayloadModel? Payload);
