namespace UpgradeProtocols.Declarations;

/// <summary>A class with [UpgradeProtocol], as far as it is declared rightly. Equal models give equal code.</summary>
/// <param name="FullName">Namespace, containing types and name, without <c>global::</c> and without <c>@</c>.</param>
/// <param name="Type">The type as generated code writes it.</param>
/// <param name="File">The name, without a folder, of the file that declares it.</param>
/// <param name="Protocols">One for each attribute, in their order.</param>
/// <param name="Messages">In the order of their names, so that moving a method changes nothing.</param>
/// <param name="ForeignContracts">Client contracts of assemblies that don't implement them themselves.</param>
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
    /// <summary>What the generated file says before its first line of code.</summary>
    public FileHead Head { get; init; } = FileHead.Empty;

    /// <summary>The type's name without its namespace, for comments.</summary>
    public string Name => FullName.Substring(FullName.LastIndexOf('.') + 1);

    public IEnumerable<MessageModel> MessagesOf(ProtocolModel protocol) =>
        Messages.Where(message => message.Protocols.Contains(protocol.Index));
}

/// <summary>What a generated file says before its first line of code.</summary>
/// <param name="Aliases">The extern aliases by which it names types.</param>
/// <param name="Warnings">The warnings by which its symbols say that they are obsolete or experimental, beside the compiler's own.</param>
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

/// <summary>One [UpgradeProtocol]: what stands in the negotiation table, and which codec and format it has.</summary>
/// <param name="Index">The attribute's place among the class's [UpgradeProtocol] attributes, wrong ones included.</param>
/// <param name="Name"><see langword="null"/> for the path's default.</param>
/// <param name="IsDefault">Whether <c>Default = true</c> was said.</param>
/// <param name="Framing">The framing's type for a raw protocol of messages.</param>
/// <param name="JsonContext">The context's type, or <see langword="null"/> for reflection.</param>
/// <param name="Codec">The codec that is named instead of a context, or <see langword="null"/>.</param>
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
    /// <summary>Whether it serves clients that name none: it has no name itself, or says so.</summary>
    public bool ServesAsDefault => Kind == ProtocolKind.WebSocket && (Name is null || IsDefault);

    /// <summary>The protocol's name for people.</summary>
    public string DisplayName => Name ?? $"the default of {Path}";

    /// <summary>Whether text and binary frames are told apart: a WebSocket without an envelope.</summary>
    public bool DecidesByKind => Kind == ProtocolKind.WebSocket && Format.IsRawMessageFormat;
}

/// <summary>A codec that a protocol names.</summary>
/// <param name="Type">The type as generated code writes it.</param>
/// <param name="IsBinary">Whether its payloads are binary.</param>
internal sealed record CodecModel(string Type, bool IsBinary);

/// <summary>The numbers are those of <c>UpgradeKind</c>.</summary>
internal enum ProtocolKind
{
    WebSocket = 0,
    Raw = 1,
}

/// <summary>A message format and what it can carry.</summary>
/// <param name="Type">The type as generated code writes it.</param>
/// <param name="Discriminator">The name's member, for the flat JSON format.</param>
internal sealed record FormatModel(string Type, string? Discriminator, FormatFeatures Features, int MinTag, int MaxTag)
{
    public const string Json = "global::UpgradeProtocols.JsonMessageFormat";
    public const string FlatJson = "global::UpgradeProtocols.FlatJsonMessageFormat";
    public const string JsonRpc = "global::UpgradeProtocols.JsonRpcMessageFormat";
    public const string Raw = "global::UpgradeProtocols.RawMessageFormat";

    public bool IsRawMessageFormat => Type == Raw;

    public bool HasNames => (Features & FormatFeatures.Names) != 0;

    public bool HasTags => (Features & FormatFeatures.Tags) != 0;

    /// <summary>Whether it has no envelope, so that text and bytes are payloads as they are.</summary>
    public bool IsBare => !HasNames && !HasTags;

    /// <summary>Whether text and bytes are payloads as they are.</summary>
    public bool HasPlainPayloads => IsBare || (Features & FormatFeatures.PlainPayloads) != 0;

    /// <summary>Whether payload parameters are bound by name or position.</summary>
    public bool BindsParameters => (Features & FormatFeatures.Parameters) != 0;

    /// <summary>Without an envelope, what a method returns is sent as it is.</summary>
    public bool CanReply => IsBare || (Features & FormatFeatures.Replies) != 0;

    /// <summary>Whether the server can ask and await the client's answer.</summary>
    public bool CanAsk => (Features & FormatFeatures.ServerRequests) != 0;

    /// <summary>Whether the server can send what the client doesn't answer.</summary>
    public bool CanNotify => (Features & FormatFeatures.RequestsOnly) == 0;

    public bool CanStream => (Features & FormatFeatures.Streams) != 0;

    /// <summary>The type's name for people.</summary>
    public string DisplayName => Type.Substring(Type.LastIndexOfAny(['.', ':']) + 1);
}

/// <summary>The numbers are those of <c>MessageFormatFeatures</c>.</summary>
[Flags]
internal enum FormatFeatures
{
    None = 0,
    Names = 1,
    Tags = 2,
    Replies = 4,
    Streams = 8,
    ServerRequests = 16,
    Parameters = 32,
    PlainPayloads = 64,
    RequestsOnly = 128,
}

/// <summary>A method with [Message].</summary>
/// <param name="Name">The message's name, or <see langword="null"/>.</param>
/// <param name="Tag">The message's tag, or <see langword="null"/>; a message with neither is the catch-all.</param>
/// <param name="ReplyTag">The reply's tag; <see langword="null"/> for the message's own.</param>
/// <param name="Protocols">The indexes of the protocols that have it.</param>
/// <param name="Takes">For a catch-all: which frames it takes where the kind of frame decides.</param>
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

    /// <summary>The frames it takes in a protocol: what a binary codec reads comes in binary ones.</summary>
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

/// <summary>A method to be called.</summary>
/// <param name="Name">Its name, with its <c>@</c> where it is a keyword.</param>
/// <param name="StaticType">For a static method, the type to call it on.</param>
/// <param name="BaseType">For a method of a base class, the type to call it on.</param>
/// <param name="Result">What it returns, without the task around it; <see langword="null"/> for nothing.</param>
/// <param name="Access">Who may call it: expressions of attributes; anybody where there is none.</param>
internal sealed record MethodModel(
    string Name,
    string? StaticType,
    string? BaseType,
    EquatableArray<ParameterModel> Parameters,
    ReturnShape Returns,
    PayloadModel? Result,
    EquatableArray<string> Access)
{
    /// <summary>Whether what it returns, or what its task gives, may be null.</summary>
    public bool MayReturnNull { get; init; }

    public bool UsesServices => Parameters.Any(parameter => parameter.Source is ParameterSource.Service or ParameterSource.KeyedService);

    public IEnumerable<ParameterModel> Payloads => Parameters.Where(parameter => parameter.Source == ParameterSource.Payload);

    public ParameterModel? Payload => Payloads.FirstOrDefault();

    /// <summary>Whether a format that binds parameters does so here, instead of giving the payload whole.</summary>
    public bool HasNamedPayloads => Payloads.Any(payload => !payload.TakesWhole);
}

internal enum ReturnShape
{
    Void,
    Task,
    ValueTask,

    /// <summary>A value at once.</summary>
    Value,
    TaskOfValue,
    ValueTaskOfValue,

    /// <summary>What became of something sent, which is no reply.</summary>
    SendResult,
    TaskOfSendResult,
    ValueTaskOfSendResult,
    Stream,
}

/// <summary>A method's parameter and where its argument comes from.</summary>
/// <param name="Type">The type as generated code writes it, without the <c>?</c> of a value type of the request; empty where the source says it.</param>
/// <param name="Key">The name in the path, query or head; for a keyed service the key's expression.</param>
/// <param name="Default">The default value's expression, for values of the query and payloads; of a constructor's service, what it is when there is none.</param>
/// <param name="IsNullable">Whether it may be null.</param>
/// <param name="IsValueType">Whether its type, without a <c>?</c>, is a value type.</param>
/// <param name="IsMarked">Whether it is marked to take the payload whole.</param>
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
    /// <summary>Whether it takes the payload whole in every format: it says so, or takes its bytes.</summary>
    public bool TakesWhole => IsMarked || Payload is { Form: PayloadForm.Memory or PayloadForm.Span };
}

internal enum ParameterSource
{
    Connection,
    Request,
    Cancellation,
    User,
    MessageKind,
    Pipe,
    Close,
    Path,
    Query,
    Header,
    Service,
    KeyedService,
    Payload,
}

/// <summary>What is read from or written to a message's payload.</summary>
/// <param name="Type">The type as generated code writes it, without the <c>?</c> of a nullable reference type.</param>
/// <param name="Label">A name for it that can stand in an identifier.</param>
/// <param name="IsNullable">Whether it may be null.</param>
internal sealed record PayloadModel(string Type, string Label, PayloadForm Form, bool IsNullable)
{
    /// <summary>The type that its serializer writes: bytes as they are have another where they may be null.</summary>
    public string SerializedType => Form == PayloadForm.Memory && IsNullable ? Type + "?" : Type;
}

internal enum PayloadForm
{
    /// <summary>The codec's: JSON.</summary>
    Typed,

    /// <summary>string: text in a format without an envelope, else the codec's.</summary>
    Text,

    /// <summary>byte[]: bytes in a format without an envelope, else the codec's.</summary>
    Bytes,

    /// <summary>ReadOnlyMemory&lt;byte&gt;: the payload's bytes in every format.</summary>
    Memory,

    /// <summary>ReadOnlySpan&lt;byte&gt;: the payload's bytes, in place, in every format.</summary>
    Span,
}

/// <summary>An interface with [ClientContract]. Only whole ones are generated: a class must implement every member.</summary>
/// <param name="FullName">Namespace, containing types and name, without <c>global::</c> and without <c>@</c>.</param>
/// <param name="Type">The type as generated code writes it.</param>
/// <param name="Messages">In the order of their names.</param>
internal sealed record ContractModel(string FullName, string Type, EquatableArray<ContractMessageModel> Messages)
{
    /// <summary>What the generated file says before its first line of code.</summary>
    public FileHead Head { get; init; } = FileHead.Empty;

    /// <summary>The type's name without its namespace, for comments.</summary>
    public string Name => FullName.Substring(FullName.LastIndexOf('.') + 1);
}

/// <summary>A method of a client contract.</summary>
/// <param name="Name">The message's name, or <see langword="null"/>.</param>
/// <param name="Tag">The message's tag, or <see langword="null"/>.</param>
/// <param name="Versions">The protocols that have it, or <see langword="null"/> for all.</param>
/// <param name="Interface">The interface that declares the method.</param>
/// <param name="Method">The method's name, with its <c>@</c> where it is a keyword.</param>
/// <param name="ReturnType">The return type as it is declared.</param>
/// <param name="Reply">For a request, the reply's type; <see langword="null"/> for a push.</param>
/// <param name="ReturnsTask">Whether it returns a Task rather than a ValueTask.</param>
/// <param name="TellsResult">Whether it returns what became of the push.</param>
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
    /// <summary>The push's own policy, a number of <c>SlowConsumerPolicy</c>; <see langword="null"/> for the protocol's.</summary>
    public int? SlowConsumer { get; init; }

    /// <summary>The member by which a newer push takes a waiting one's place.</summary>
    public KeyModel? Key { get; init; }

    /// <summary>The shapes that the payload has in some protocols.</summary>
    public EquatableArray<ProjectionModel> Projections { get; init; }
}

/// <summary>A member of a payload.</summary>
/// <param name="Member">Its name, with its <c>@</c> where it is a keyword.</param>
/// <param name="Type">The key's type as generated code writes it.</param>
/// <param name="IsOfValueType">Whether the payload, without a <c>?</c>, is a value type.</param>
/// <param name="Value">How the key is made of it, which stands as <see cref="Place"/>.</param>
internal sealed record KeyModel(string Member, string Type, bool IsOfValueType, string Value)
{
    public const string Place = "\0";
}

/// <summary>A static method that makes the shape of a payload in some protocols.</summary>
/// <param name="Interface">The interface that declares it.</param>
/// <param name="Method">Its name, with its <c>@</c> where it is a keyword.</param>
/// <param name="Shape">What it returns, as a payload.</param>
/// <param name="Type">What it returns, as it is declared.</param>
internal sealed record ProjectionModel(EquatableArray<string> Protocols, string Interface, string Method, PayloadModel Shape, string Type);

/// <summary>A parameter of a client contract's method.</summary>
/// <param name="Payload">The payload, or <see langword="null"/> for a CancellationToken.</param>
/// <param name="Type">The type as it is declared.</param>
internal sealed record ContractParameterModel(string Type, PayloadModel? Payload);
