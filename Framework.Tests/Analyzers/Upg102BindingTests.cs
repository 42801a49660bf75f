using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

/// <summary>Attributes of other binders: some are bound, and others are refused because they would read the client's payload.</summary>
public class Upg102BindingTests
{
    private const string Types = "\nclass Settings { public bool IsAdmin { get; set; } }\ninterface IStore;\nclass InjectAttribute : Attribute;\n" + AspNetCoreStubs.Binding;

    [Theory]
    [InlineData("[Microsoft.AspNetCore.Mvc.FromServices] Settings s, int payload")]
    [InlineData("[Company.Resolved] Settings s, int payload")]
    [InlineData("[FromKeyedServices(\"k\")] Settings s, int payload")]
    [InlineData("[Microsoft.AspNetCore.Mvc.FromRoute] Guid id, int payload")]
    [InlineData("[Microsoft.AspNetCore.Mvc.FromRoute(Name = \"id\")] string room, int payload")]
    [InlineData("[Microsoft.AspNetCore.Mvc.FromQuery(Name = \"n\")] int? number, int payload")]
    [InlineData("[Microsoft.AspNetCore.Mvc.FromHeader(Name = \"X-Key\")] string key, int payload")]
    [InlineData("[Microsoft.AspNetCore.Mvc.FromBody] Settings s")]
    [InlineData("[Company.Frozen] Settings s")]
    public Task A_parameter_that_its_attribute_binds_is_left_alone(string parameters) => VerifyAsync(parameters);

    [Theory]
    [InlineData("[Microsoft.AspNetCore.Mvc.FromForm] Settings {|UPG102:s|}")]
    [InlineData("[Microsoft.AspNetCore.Mvc.ModelBinder] Settings {|UPG102:s|}")]
    [InlineData("[Microsoft.AspNetCore.Mvc.Bind(\"IsAdmin\")] Settings {|UPG102:s|}")]
    [InlineData("[Microsoft.AspNetCore.Mvc.ModelBinding.BindNever] Settings {|UPG102:s|}")]
    [InlineData("[Microsoft.AspNetCore.Http.AsParameters] Settings {|UPG102:s|}")]
    [InlineData("[Microsoft.AspNetCore.Mvc.FromHeader] Settings {|UPG102:s|}")]
    [InlineData("[Microsoft.AspNetCore.Mvc.FromQuery] int[] {|UPG102:s|}")]
    [InlineData("[Company.FromTenant] string {|UPG102:s|}")]
    [InlineData("[Company.Anywhere] string {|UPG102:s|}")]
    [InlineData("[Company.MyKey] Settings {|UPG102:s|}")]
    [InlineData("[Company.FromClaim] string {|UPG102:s|}")]
    [InlineData("[Company.Inject] Settings {|UPG102:s|}")]
    [InlineData("[ServiceKey] string {|UPG102:s|}")]
    [InlineData("[FromRoute, FromQuery] string {|UPG102:id|}")]
    [InlineData("[Payload, FromServices] Settings {|UPG102:s|}")]
    [InlineData("[FromKeyedServices(\"k\"), Microsoft.AspNetCore.Mvc.FromBody] Settings {|UPG102:s|}")]
    [InlineData("[FromServices] UpgradeConnection {|UPG102:s|}")]
    [InlineData("[Microsoft.AspNetCore.Mvc.FromBody] CancellationToken {|UPG102:s|}")]
    public Task An_attribute_that_binds_nothing_is_reported(string parameters) => VerifyAsync(parameters);

    [Fact]
    public Task The_diagnostic_says_what_to_take_instead() => VerifyAsync(
        "[Microsoft.AspNetCore.Mvc.FromForm] Settings {|#0:s|}",
        Verify.At(0, "UPG102", "The parameter 's' of 'Handler.M' has [FromForm], but a message has no form: take its payload, which needs no attribute"));

    [Fact]
    public Task Two_attributes_are_named() => VerifyAsync(
        "[FromRoute, Microsoft.AspNetCore.Mvc.FromServices] string {|#0:id|}",
        Verify.At(0, "UPG102", "The parameter 'id' of 'Handler.M' has both [FromRoute] and [FromServices], but can have only one source: remove one of them"));

    [Fact]
    public Task A_route_value_that_the_path_lacks_is_reported() => VerifyAsync("[{|UPG006:Microsoft.AspNetCore.Mvc.FromRoute|}] string other, int payload");

    [Theory]
    [InlineData("Microsoft.AspNetCore.Http.HttpContext {|#0:x|}", "is a 'HttpContext', which no client sends: take an UpgradeConnection, or an UpgradeRequest for the request")]
    [InlineData("MessageContext {|#0:x|}", "is a 'MessageContext', which no client sends: take an UpgradeConnection: a MessageContext is for message filters")]
    [InlineData("Microsoft.Extensions.Logging.ILogger {|#0:x|}", "is a 'ILogger', which no client sends: take an ILogger<T> of the handler, with [FromServices] in a method")]
    [InlineData("Microsoft.Extensions.Logging.ILogger<Handler> {|#0:x|}", "is the interface 'ILogger<Handler>', which can't be a payload: mark it with [FromServices]")]
    [InlineData("IServiceProvider {|#0:x|}", "is the interface 'IServiceProvider', which can't be a payload: mark it with [FromServices]")]
    [InlineData("TimeProvider {|#0:x|}", "is a 'TimeProvider', which no client sends: mark it with [FromServices]")]
    [InlineData("System.IO.MemoryStream {|#0:x|}", "is a 'MemoryStream', which no client sends: take ReadOnlyMemory<byte> or byte[], or the IDuplexPipe of a raw protocol")]
    [InlineData("Microsoft.AspNetCore.SignalR.HubCallerContext {|#0:x|}", "is a 'HubCallerContext', which no client sends: take an UpgradeConnection")]
    [InlineData("Microsoft.AspNetCore.SignalR.IHubCallerClients<IStore> {|#0:x|}", "is a 'IHubCallerClients<IStore>', which no client sends: take an IClients<T> in the constructor")]
    [InlineData("IAsyncEnumerable<int> {|#0:x|}", "is a 'IAsyncEnumerable<int>', which no client sends: take one item as the payload of a message: a client sends each item as a message")]
    [InlineData("Type {|#0:x|}", "is a 'Type', which no client sends: take a string")]
    [InlineData("Task<int> {|#0:x|}", "is a 'Task<int>', which no client sends: take the value itself")]
    [InlineData("System.Threading.Channels.ChannelReader<int> {|#0:x|}", "is a 'ChannelReader<int>', which no client sends: mark it with [FromServices]")]
    [InlineData("[FromServices] Microsoft.AspNetCore.Http.HttpContext {|#0:x|}", "is a 'HttpContext', which no container provides: take an UpgradeConnection, or an UpgradeRequest for the request")]
    [InlineData("CancellationToken? {|#0:x|}", "is a 'CancellationToken?', but is never null: take a CancellationToken")]
    [InlineData("MessageKind? {|#0:x|}", "is a 'MessageKind?', but is never null: take a MessageKind")]
    [InlineData("CloseInfo? {|#0:x|}", "is a 'CloseInfo?', but is never null: take a CloseInfo")]
    [InlineData("[Inject] Settings {|#0:x|}", "has [Inject], which is not supported here: use [FromServices], [FromRoute] or [FromQuery], or remove it from a payload")]
    public Task A_type_that_no_client_sends_is_reported_with_a_replacement(string parameter, string what) =>
        VerifyAsync(parameter, Verify.At(0, "UPG102", $"The parameter 'x' of 'Handler.M' {what}"));

    [Theory]
    [InlineData("[OnConnected] public void C([Microsoft.AspNetCore.Mvc.FromServices] Settings s, [Microsoft.AspNetCore.Mvc.FromRoute] string id) { }")]
    [InlineData("[OnConnected] public void C([Microsoft.AspNetCore.Mvc.FromForm] Settings {|UPG111:s|}) { }")]
    [InlineData("[OnConnected] public void C(Microsoft.AspNetCore.Http.HttpContext {|UPG111:s|}) { }")]
    [InlineData("[OnConnected] public void C(CancellationToken? {|UPG111:s|}) { }")]
    [InlineData("[Message(\"a\")] public void A() { } public Handler(CancellationToken? {|UPG119:s|} = null) { }")]
    [InlineData("[OnConnected] public void C([Microsoft.AspNetCore.Mvc.FromBody] Settings {|UPG111:s|}) { }")]
    public Task A_lifecycle_method_is_bound_the_same_way(string method) => Verify.VerifyAsync(
        "[UpgradeProtocol(\"a\", Path = \"/{id}\")] class Handler { " + method + " }" + Types);

    [Fact]
    public Task A_parameter_of_a_client_contract_has_no_source() => Verify.VerifyAsync(
        "[ClientContract] interface IEvents { [Message(\"a\")] ValueTask A([Microsoft.AspNetCore.Mvc.FromServices] Settings {|UPG301:s|}); [Message(\"b\")] ValueTask B([Company.Frozen] Settings s); [Message(\"c\")] ValueTask C([FromServices, Microsoft.AspNetCore.Mvc.FromBody] Settings {|UPG301:s|}); }" + Types);

    [Theory]
    [InlineData("[Missing] Settings s")]
    [InlineData("[Microsoft.AspNetCore.Mvc.FromQuery(Name = Missing)] string s")]
    public Task An_unfinished_attribute_is_left_alone(string parameters) => Verify.VerifyIncompleteAsync(Handler(parameters) + Types);

    private static Task VerifyAsync(string parameters, params Microsoft.CodeAnalysis.Testing.DiagnosticResult[] expected) =>
        Verify.VerifyAsync(Handler(parameters) + Types, expected);

    private static string Handler(string parameters) => $"[UpgradeProtocol(\"a\", Path = \"/{{id}}\")] class Handler {{ [Message(\"a\")] public void M({parameters}) {{ }} }}";
}
