using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg119Tests
{
    private const string Types = "\nclass Settings;\ninterface IStore;\n" + AspNetCoreStubs.Binding;

    [Theory]
    [InlineData("UpgradeConnection c, UpgradeRequest r, System.Security.Claims.ClaimsPrincipal user, CancellationToken closed")]
    [InlineData("[FromRoute] string id, [FromQuery] int? page, [FromQuery(Name = \"n\")] int number = 1")]
    [InlineData("[Microsoft.AspNetCore.Mvc.FromRoute] Guid id, [Microsoft.AspNetCore.Mvc.FromHeader(Name = \"X-Key\")] string key")]
    [InlineData("Settings s, IStore store, [FromServices] Settings t, [Microsoft.AspNetCore.Mvc.FromServices] IStore u, [FromKeyedServices(1)] string v")]
    [InlineData("int size = 5, string? name = null, IEnumerable<IStore>? stores = null")]
    [InlineData("Microsoft.Extensions.Logging.ILogger<Handler> logger, System.IO.Stream stream, Func<Settings> make")]
    public Task A_parameter_with_a_source_is_left_alone(string parameters) => VerifyAsync(parameters);

    [Theory]
    [InlineData("string {|UPG119:x|}")]
    [InlineData("int {|UPG119:x|}")]
    [InlineData("DayOfWeek {|UPG119:x|}")]
    [InlineData("Guid {|UPG119:x|}")]
    [InlineData("string[] {|UPG119:x|}")]
    [InlineData("[FromServices] string {|UPG119:x|}")]
    [InlineData("[FromRoute] string {|UPG119:other|}")]
    [InlineData("[FromQuery] Settings {|UPG119:x|}")]
    [InlineData("[FromRoute, FromQuery] string {|UPG119:id|}")]
    [InlineData("[Microsoft.AspNetCore.Mvc.FromForm] Settings {|UPG119:x|}")]
    [InlineData("[Microsoft.AspNetCore.Mvc.FromBody] Settings {|UPG119:x|}")]
    [InlineData("[FromServices] UpgradeConnection {|UPG119:x|}")]
    [InlineData("MessageKind {|UPG119:x|}")]
    [InlineData("CloseInfo {|UPG119:x|}")]
    [InlineData("System.IO.Pipelines.IDuplexPipe {|UPG119:x|}")]
    [InlineData("MessageContext {|UPG119:x|}")]
    [InlineData("Microsoft.AspNetCore.Http.HttpContext {|UPG119:x|}")]
    [InlineData("IServiceScope {|UPG119:x|}")]
    [InlineData("AsyncServiceScope {|UPG119:x|}")]
    [InlineData("Microsoft.Extensions.Logging.ILogger {|UPG119:x|}")]
    [InlineData("string {|UPG119:x|}, int {|UPG119:y|}")]
    public Task A_parameter_without_a_source_is_reported(string parameters) => VerifyAsync(parameters);

    [Fact]
    public Task The_diagnostic_says_how_to_fix_the_parameter() => VerifyAsync(
        "string {|#0:name|}, [FromRoute(Name = \"room\")] string {|#1:x|}",
        Verify.At(0, "UPG119", "The parameter 'name' of the constructor of 'Handler' is a 'string', which is not a service: mark it with [FromRoute], [FromQuery] or [FromKeyedServices(key)], or take a class that contains it"),
        Verify.At(1, "UPG119", "The parameter 'x' of the constructor of 'Handler' is bound to 'room', which the path '/{id}' doesn't have: add {room} to it"));

    [Theory]
    [InlineData("Missing x")]
    [InlineData("[Missing] string? x")]
    [InlineData("[FromQuery(Missing)] string x")]
    public Task An_unfinished_parameter_is_left_alone(string parameters) => Verify.VerifyIncompleteAsync(Handler(parameters) + Types);

    private static Task VerifyAsync(string parameters, params Microsoft.CodeAnalysis.Testing.DiagnosticResult[] expected) =>
        Verify.VerifyAsync(Handler(parameters) + Types, expected);

    private static string Handler(string parameters) =>
        $"[UpgradeProtocol(\"a\", Path = \"/{{id}}\")] class Handler {{ public Handler({parameters}) {{ }} [Message(\"a\")] public void M() {{ }} }}";
}
