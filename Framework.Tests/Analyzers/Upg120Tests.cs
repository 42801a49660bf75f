using Fix = UpgradeProtocols.Tests.Analyzers.CodeFixVerifier<UpgradeProtocols.Analyzers.PayloadServiceAnalyzer, UpgradeProtocols.CodeFixes.MarkServiceFix>;
using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.PayloadServiceAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg120Tests
{
    private const string Types = """

        public interface IStore;
        public class Settings : IStore { public bool IsAdmin { get; set; } }
        public class Store<T>;

        namespace Company { public static class Extensions { public static object AddSingleton<T>(this IServiceCollection s, int x) => s; } }
        """;

    [Theory]
    [InlineData("services.AddSingleton<Settings>()")]
    [InlineData("services.AddSingleton(new Settings())")]
    [InlineData("services.AddSingleton(typeof(Settings))")]
    [InlineData("services.AddScoped(typeof(Settings), typeof(Settings))")]
    [InlineData("services.AddKeyedTransient<Settings>(1)")]
    [InlineData("new ServiceDescriptor(typeof(Settings), new Settings())")]
    [InlineData("ServiceDescriptor.Singleton<Settings>(_ => new Settings())")]
    public Task A_payload_that_is_registered_as_a_service_is_reported(string registration) => Verify.VerifyAsync(
        Program(registration, "Settings {|#0:s|}"),
        Verify.At(0, "UPG120", "The parameter 's' of 'Handler.M' is read from the client's message, but 'Settings' is a registered service: mark the parameter with [FromServices], or take a separate payload type"));

    [Theory]
    [InlineData("services.AddSingleton(typeof(Store<>))", "Store<int> {|UPG120:s|}")]
    [InlineData("services.AddSingleton<Settings>()", "[Payload] Settings {|UPG120:s|}")]
    public Task Every_way_to_take_a_registered_type_is_reported(string registration, string parameter) => Verify.VerifyAsync(Program(registration, parameter));

    [Theory]
    [InlineData("services.AddSingleton<IStore, Settings>()", "Settings s")]
    [InlineData("services.AddScoped(typeof(IStore), typeof(Settings))", "Settings s")]
    [InlineData("services.AddSingleton<Settings>()", "[FromServices] Settings s")]
    [InlineData("services.AddSingleton<Settings>()", "Store<Settings> s")]
    [InlineData("Company.Extensions.AddSingleton<Settings>(services, 1)", "Settings s")]
    [InlineData("new ServiceDescriptor(typeof(IStore), typeof(Settings), ServiceLifetime.Scoped)", "Settings s")]
    public Task A_type_that_is_not_both_a_service_and_a_payload_is_left_alone(string registration, string parameter) => Verify.VerifyAsync(Program(registration, parameter));

    [Fact]
    public Task The_parameter_is_marked() => Fix.VerifyAtEndAsync(
        Program("services.AddSingleton<Settings>()", "int x, /* mine */ Settings {|UPG120:s|}"),
        Program("services.AddSingleton<Settings>()", "int x, /* mine */ [FromServices] Settings s"));

    private static string Program(string registration, string parameter) => $$"""
        [UpgradeProtocol("a", Format = typeof(JsonRpcMessageFormat))] class Handler { [Message("a")] public void M({{parameter}}) { } }
        static class Setup { public static object Add(IServiceCollection services) => {{registration}}; }
        """ + Types;
}
