using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>The rules for a single declaration. Each message names the declaration and the fix.</summary>
internal static class Rules
{
    public const string DeclarationCategory = "UpgradeProtocols.Declaration";
    public const string MessageCategory = "UpgradeProtocols.Message";
    public const string PayloadCategory = "UpgradeProtocols.Payload";
    public const string ClientCategory = "UpgradeProtocols.Client";

    public static readonly DiagnosticDescriptor ProtocolName = Descriptors.Error(
        "UPG001", DeclarationCategory, "Protocol name is not a token", "The protocol name '{0}' {1}");

    public static readonly DiagnosticDescriptor HandlerNotCreatable = Descriptors.Error(
        "UPG003", DeclarationCategory, "Handler can't be created", "The handler '{0}' can't be created: {1}");

    public static readonly DiagnosticDescriptor EmptyHandler = Descriptors.Warning(
        "UPG004",
        DeclarationCategory,
        "Handler has no methods",
        "The handler '{0}' has no message or lifecycle method: add a method with [Message], [OnConnected] or [OnUpgraded]");

    public static readonly DiagnosticDescriptor ProtocolOptions = Descriptors.Error(
        "UPG005", DeclarationCategory, "Option doesn't fit the kind of protocol", "The protocol '{0}' {1}");

    public static readonly DiagnosticDescriptor Path = Descriptors.Error(
        "UPG006", DeclarationCategory, "Path can't be served", "The path '{0}' {1}");

    public static readonly DiagnosticDescriptor RawShape = Descriptors.Error(
        "UPG009", DeclarationCategory, "Raw protocol has no single way to read its bytes", "The protocol '{0}' {1}");

    public static readonly DiagnosticDescriptor GeneratedCode = Descriptors.Error(
        "UPG010", DeclarationCategory, "Generated code can't be compiled", "'{0}' {1}");

    public static readonly DiagnosticDescriptor ReturnType = Descriptors.Error(
        "UPG101",
        MessageCategory,
        "Return type is not supported",
        "'{0}' returns the unsupported type '{1}': return void, T, IAsyncEnumerable<T>, or a Task or ValueTask");

    public static readonly DiagnosticDescriptor Parameter = Descriptors.Error(
        "UPG102", MessageCategory, "Parameter can't be bound", "The parameter '{0}' of '{1}' {2}");

    public static readonly DiagnosticDescriptor DuplicateMessage = Descriptors.Error(
        "UPG103", MessageCategory, "Message is declared twice", "'{0}' and '{1}' both take {2} of '{3}': rename one, or restrict it with Versions");

    public static readonly DiagnosticDescriptor AsyncVoid = Descriptors.Error(
        "UPG104", MessageCategory, "Async void can't be awaited", "'{0}' is async void, so its caller can't observe its end or its exceptions: return Task");

    public static readonly DiagnosticDescriptor MethodShape = Descriptors.Error(
        "UPG105", MessageCategory, "Method can't be called", "'{0}' {1}");

    public static readonly DiagnosticDescriptor MessageKey = Descriptors.Error(
        "UPG110", MessageCategory, "Message name or tag doesn't fit the format", "The message {0} {1}");

    public static readonly DiagnosticDescriptor Lifecycle = Descriptors.Error(
        "UPG111", MessageCategory, "Lifecycle method is invalid", "'{0}' {1}");

    public static readonly DiagnosticDescriptor UnknownVersion = Descriptors.Error(
        "UPG112",
        MessageCategory,
        "Versions contains an undeclared protocol",
        "Versions of '{0}' contains '{1}', which '{2}' doesn't declare: use one of {3}");

    public static readonly DiagnosticDescriptor FormatCan = Descriptors.Error(
        "UPG116", MessageCategory, "Format doesn't support the declaration", "'{0}' {1}");

    public static readonly DiagnosticDescriptor EnumeratorCancellation = Descriptors.Error(
        "UPG117",
        MessageCategory,
        "CancellationToken of a stream lacks [EnumeratorCancellation]",
        "The parameter '{0}' of the stream '{1}' is not cancelled when the peer ends the stream: mark it with [EnumeratorCancellation]");

    public static readonly DiagnosticDescriptor ConstructorParameter = Descriptors.Error(
        "UPG119", MessageCategory, "Constructor parameter can't be bound", "The parameter '{0}' of the constructor of '{1}' {2}");

    public static readonly DiagnosticDescriptor UnnamedMessage = Descriptors.Error(
        "UPG122", MessageCategory, "Message has no name", "The message of '{0}' {1}");

    public static readonly DiagnosticDescriptor NotInContext = Descriptors.Error(
        "UPG201", PayloadCategory, "Type is not in the JsonSerializerContext", "'{0}' {1}");

    public static readonly DiagnosticDescriptor NotAPayload = Descriptors.Error(
        "UPG203", PayloadCategory, "Type can't be a payload", "'{0}' of '{1}' can't be a payload: {2}");

    public static readonly DiagnosticDescriptor TakenMember = Descriptors.Warning(
        "UPG205",
        PayloadCategory,
        "Payload member conflicts with the envelope",
        "'{0}' has the member '{1}', which FlatJsonMessageFormat reserves for its envelope: rename it, or use another Format");

    public static readonly DiagnosticDescriptor Codec = Descriptors.Error(
        "UPG206", PayloadCategory, "Codec can't be used", "The codec '{0}' of '{1}' {2}");

    public static readonly DiagnosticDescriptor ClientMethod = Descriptors.Error(
        "UPG301", ClientCategory, "Client method can't be sent", "'{0}' {1}");

    public static readonly DiagnosticDescriptor ClientContract = Descriptors.Error(
        "UPG302", ClientCategory, "Client contract can't be implemented", "The client contract '{0}' {1}");

    public static readonly DiagnosticDescriptor RequestOnGroup = Descriptors.Error(
        "UPG304",
        ClientCategory,
        "Request to a group",
        "'{0}' awaits one client's reply and can't be called on {1}: call it on Connection(id) or connection.Client<T>()");

    public static readonly DiagnosticDescriptor LatestByKey = Descriptors.Error(
        "UPG305", ClientCategory, "LatestByKey names no member of the payload", "LatestByKey of '{0}' {1}");

    public static readonly DiagnosticDescriptor Projection = Descriptors.Error(
        "UPG306", ClientCategory, "Projection can't be applied", "The projection '{0}' {1}");
}
