using Microsoft.CodeAnalysis;
using Verify = UpgradeProtocols.Tests.Analyzers.HostingVerifier;

namespace UpgradeProtocols.Tests.Analyzers;

/// <summary>UPG401 to UPG405.</summary>
public class HostingTests
{
    private const string Handler = """

        [UpgradeProtocol("a")] class ChatHandler { [Message("a")] public void M() { } }
        """;

    private const string Guarded = """

        [Authorize, UpgradeProtocol("a")] class ChatHandler { [Message("a")] public void M() { } }
        """;

    private const string Raw = """

        [UpgradeProtocol("tcp", Kind = UpgradeKind.Raw)] class Attach { [OnUpgraded] public Task M(System.IO.Pipelines.IDuplexPipe pipe) => Task.CompletedTask; }
        """;

    private const string LookAlike = """

        namespace Other
        {
            static class Extensions
            {
                public static object AddUpgradeProtocols(this IServiceCollection services) => services;
                public static object MapUpgradeProtocols(this object app) => app;
                public static object Listen(this object it, string url) => it;
            }
        }
        """;

    [Fact]
    public Task UPG401_A_program_that_never_adds_its_protocols() => Verify.VerifyAsync(
        "{|#0:var builder = Host.CreateApplicationBuilder(args);|}\nbuilder.Build().Run();" + Handler,
        Verify.At(0, "UPG401", "The program declares 'ChatHandler' but serves no upgrade: call AddUpgradeProtocols() on its services"));

    [Fact]
    public Task UPG401_A_main_method() => Verify.VerifyAsync("static class Program { static void {|UPG401:Main|}() { } }" + Handler);

    [Fact]
    public Task UPG401_A_method_of_another_library_adds_nothing() => Verify.VerifyAsync(
        "{|UPG401:Other.Extensions.AddUpgradeProtocols(new ServiceCollection());|}" + Handler + LookAlike);

    [Theory]
    [InlineData("new ServiceCollection().AddUpgradeProtocols().Listen(\"http://localhost:0\");")]
    [InlineData("_ = new UpgradeProtocolsBuilder(new ServiceCollection()).Listen(\"http://localhost:0\");")]
    [InlineData("Services.Add(new ServiceCollection()); static class Services { public static void Add(IServiceCollection s) => s.AddUpgradeProtocols().Listen(\"http://localhost:0\"); }")]
    public Task UPG401_A_program_that_adds_them(string program) => Verify.VerifyAsync(program + Handler);

    [Fact]
    public Task UPG401_A_program_without_handlers() => Verify.VerifyAsync("System.Console.WriteLine();");

    [Fact]
    public Task UPG401_Libraries_leave_it_to_the_program() => Verify.VerifyAsync(Handler, OutputKind.DynamicallyLinkedLibrary, "");

    [Fact]
    public Task UPG401_Test_projects_start_no_server() => Verify.VerifyAsync("System.Console.WriteLine();" + Handler, OutputKind.ConsoleApplication, "build_property.IsTestProject = true");

    [Fact]
    public Task UPG402_Mapping_without_adding() => Verify.VerifyAsync(
        """
        var builder = WebApplication.CreateBuilder(args);
        var app = builder.Build();
        app.{|#0:MapUpgradeProtocols|}();
        app.Run();
        """ + Handler,
        Verify.At(0, "UPG402", "MapUpgradeProtocols() has no protocols to serve: call AddUpgradeProtocols() on the builder's services first"));

    [Fact]
    public Task UPG402_Using_without_adding() => Verify.VerifyAsync(
        """
        var builder = WebApplication.CreateBuilder(args);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(0, listen => listen.{|UPG402:UseUpgradeProtocols|}()));
        builder.Build().Run();
        """ + Handler);

    [Fact]
    public Task UPG402_Mapping_after_adding() => Verify.VerifyAsync(
        """
        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddUpgradeProtocols();
        var app = builder.Build();
        app.MapUpgradeProtocols();
        app.Run();
        """ + Handler);

    [Fact]
    public Task UPG402_A_method_of_another_library_maps_nothing() => Verify.VerifyAsync("Other.Extensions.MapUpgradeProtocols(1);" + LookAlike);

    [Fact]
    public Task UPG402_The_call_is_added() => Verify.VerifyFixAsync(
        """
        var builder = WebApplication.CreateBuilder(args);

        // Build it.
        var app = builder.Build();
        app.{|UPG402:MapUpgradeProtocols|}();
        app.Run();
        """ + Handler,
        """
        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddUpgradeProtocols();

        // Build it.
        var app = builder.Build();
        app.MapUpgradeProtocols();
        app.Run();
        """ + Handler);

    [Fact]
    public Task UPG402_No_fix_is_offered_where_the_builder_is_elsewhere() => Verify.VerifyFixAsync(
        "Map(WebApplication.Create()); static void Map(WebApplication app) => app.{|UPG402:MapUpgradeProtocols|}();" + Handler,
        "Map(WebApplication.Create()); static void Map(WebApplication app) => app.{|UPG402:MapUpgradeProtocols|}();" + Handler);

    [Fact]
    public Task UPG403_Nothing_listens() => Verify.VerifyAsync(
        "var builder = Host.CreateApplicationBuilder(args);\nbuilder.Services.{|#0:AddUpgradeProtocols|}();\nbuilder.Build().Run();" + Handler,
        Verify.At(0, "UPG403", "AddUpgradeProtocols() adds protocols that no server offers: call Listen(…) on its result, or MapUpgradeProtocols() on the web application"));

    [Fact]
    public Task UPG403_A_method_of_another_library_does_not_listen() => Verify.VerifyAsync(
        "Other.Extensions.Listen(new ServiceCollection().{|UPG403:AddUpgradeProtocols|}(), \"\");" + LookAlike);

    [Theory]
    [InlineData("var added = new ServiceCollection().AddUpgradeProtocols(); added.Configure(o => { }); added.Listen(\"http://localhost:0\");")]
    [InlineData("new ServiceCollection().AddSingleton(new ServiceCollection().AddUpgradeProtocols());")]
    public Task UPG403_A_program_that_listens_or_may_listen(string program) => Verify.VerifyAsync(program);

    [Fact]
    public Task UPG404_Authorize_without_authentication() => Verify.VerifyAsync(
        "new ServiceCollection().AddUpgradeProtocols().Listen(\"http://localhost:0\");" + Guarded.Replace("Authorize,", "{|#0:Authorize|},"),
        Verify.At(0, "UPG404", "[Authorize] on 'ChatHandler' requires an authenticated user, but no authentication is registered: call AddAuthentication(…) on the services and add a scheme"));

    [Fact]
    public Task UPG404_A_message_that_is_guarded() => Verify.VerifyAsync(
        "new ServiceCollection().AddAuthorization(); new ServiceCollection().AddUpgradeProtocols().Listen(\"http://localhost:0\");"
        + "[UpgradeProtocol(\"a\")] class ChatHandler { [{|UPG404:Authorize(Roles = \"x\")|}, Message(\"a\")] public void M() { } }");

    [Theory]
    [InlineData("new ServiceCollection().AddAuthentication();", Guarded)]
    [InlineData("new UpgradeOptions().Authenticate = (connection, _) => default;", Guarded)]
    [InlineData("_ = new UpgradeOptions { Authenticate = (connection, _) => default };", Guarded)]
    [InlineData("new UpgradeOptions().Authenticate ??= (connection, _) => default;", Guarded)]
    [InlineData("Company.AddCompanyIdentity(); static class Company { public static void AddCompanyIdentity() { } }", Guarded)]
    [InlineData("", "[Authorize, UpgradeProtocol(\"a\")] class H { [OnUpgrading] public UpgradeResult M() => UpgradeResult.Accept(); }")]
    [InlineData("", "[Authorize] class NoHandler;")]
    [InlineData("", "[Other.Authorize, UpgradeProtocol(\"a\")] class H { [Message(\"a\")] public void M() { } } namespace Other { class AuthorizeAttribute : Attribute; }")]
    public Task UPG404_A_user_can_be_found(string statements, string handler) => Verify.VerifyAsync(
        "new ServiceCollection().AddUpgradeProtocols().Listen(\"http://localhost:0\");" + statements + handler);

    [Theory]
    [InlineData("new Other().Authenticate = true;")]
    [InlineData("var asks = new UpgradeOptions().Authenticate is null; var Authenticate = asks;")]
    [InlineData("new UpgradeOptions().Authenticate = null;")]
    public Task UPG404_An_assignment_that_sets_no_way_to_find_a_user(string statements) => Verify.VerifyAsync(
        "new ServiceCollection().AddUpgradeProtocols().Listen(\"http://localhost:0\");" + statements
        + Guarded.Replace("Authorize,", "{|UPG404:Authorize|},") + "class Other { public bool Authenticate { get; set; } }");

    [Fact]
    public Task UPG404_ASP_NET_Core_does_not_use_the_lightweight_servers_Authenticate() => Verify.VerifyAsync(
        "new ServiceCollection().AddUpgradeProtocols().Configure(options => options.Authenticate = (connection, _) => default); WebApplication.Create().MapUpgradeProtocols();"
        + Guarded.Replace("Authorize,", "{|UPG404:Authorize|},"));

    [Fact]
    public Task UPG405_A_raw_protocol_that_is_mapped() => Verify.VerifyAsync(
        "new ServiceCollection().AddUpgradeProtocols(); WebApplication.Create().{|#0:MapUpgradeProtocols|}();" + Raw,
        Verify.At(
            0,
            "UPG405",
            "ASP.NET Core's HTTP server, which serves the raw protocol 'tcp' of 'Attach', can't half-close a connection: if its peers half-close, serve it with Listen(…) or UseUpgradeProtocols()"));

    [Theory]
    [InlineData("new ServiceCollection().AddUpgradeProtocols().Listen(\"http://localhost:0\"); WebApplication.Create().MapUpgradeProtocols();", Raw)]
    [InlineData("new ServiceCollection().AddUpgradeProtocols().Listen(\"http://localhost:0\");", Raw)]
    [InlineData("new ServiceCollection().AddUpgradeProtocols(); WebApplication.Create().MapUpgradeProtocols();", Handler)]
    public Task UPG405_A_server_that_can_half_close_or_a_protocol_that_does_not_need_it(string program, string handler) => Verify.VerifyAsync(program + handler);

    [Theory]
    [InlineData("builder.Services.AddUpgradeProtocols().Listen(")]
    [InlineData("app.MapUpgradeProtocols(); x.AddUpgradeProtocols()")]
    [InlineData("x.AddUpgradeProtocols().Listen; x.Listen(")]
    [InlineData("x.AddUpgradeProtocols().Listen(\"\").Configure(options => options.Authenticate = ")]
    public Task Unfinished_programs_are_left_alone(string program) => Verify.VerifyIncompleteAsync(program);
}
