using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.ClientContractAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg303Tests
{
    private const string Contracts = """
        [ClientContract] public interface INamed { [Message("a")] ValueTask AAsync(); }
        [ClientContract] public interface IOther { [Message("a")] ValueTask AAsync(); }
        [UpgradeProtocol("x", Client = typeof(INamed))] public class Handler;

        """;

    [Fact]
    public Task A_contract_that_no_protocol_names_is_reported() => Verify.VerifyAsync(
        Contracts + "class Service(IClients<{|#0:IOther|}> clients) { public IOther All => clients.All; }",
        Verify.At(0, "UPG303", "'IOther' doesn't reach any client: set it as the Client of an [UpgradeProtocol]"));

    [Fact]
    public Task The_client_of_a_connection_is_reported() => Verify.VerifyAsync(
        Contracts + "class Service { public IOther For(UpgradeConnection connection) => connection.Client<{|UPG303:IOther|}>(); }");

    [Fact]
    public Task A_type_that_is_not_a_contract_is_reported() => Verify.VerifyAsync(
        "public interface IPlain; class Service(IClients<{|#0:IPlain|}> clients) { public object All => clients.All; }",
        Verify.At(0, "UPG303", "'IPlain' doesn't reach any client: mark the interface with [ClientContract] and set it as the Client of an [UpgradeProtocol]"));

    [Fact]
    public Task A_base_of_a_named_contract_is_not_named() => Verify.VerifyAsync(
        """
        [ClientContract] public interface IBase { [Message("a")] ValueTask AAsync(); }
        [ClientContract] public interface IDerived : IBase;
        [UpgradeProtocol("x", Client = typeof(IDerived))] public class Handler;
        class Service { public IClients<{|UPG303:IBase|}>? Clients { get; set; } }
        """);

    [Fact]
    public Task An_application_without_handlers_is_reported() => Verify.VerifyProgramAsync(
        """
        Console.WriteLine(typeof(IClients<{|UPG303:IOther|}>));
        [ClientContract] public interface IOther { [Message("a")] ValueTask AAsync(); }
        """,
        []);

    [Fact]
    public Task A_contract_named_by_a_referenced_assembly_is_left_alone() => Verify.VerifyProgramAsync(
        "Console.WriteLine(typeof(IClients<INamed>));",
        [TestReferences.Library("Library", "[assembly: UpgradeProtocols.Runtime.UpgradeProtocolModule(typeof(Handler))]\n" + Contracts)]);

    [Fact]
    public Task A_library_without_handlers_leaves_it_to_the_application() => Verify.VerifyAsync(
        """
        [ClientContract] public interface IEvents { [Message("a")] ValueTask AAsync(); }
        class Service(IClients<IEvents> clients) { public IEvents All => clients.All; }
        """);

    [Fact]
    public Task A_library_with_handlers_leaves_contracts_of_others_to_the_application() => Verify.VerifyWithAsync(
        TestReferences.Library("Contracts", "[ClientContract] public interface IShared { [Message(\"a\")] ValueTask AAsync(); }"),
        Contracts + "class Service(IClients<IShared> clients) { public IShared All => clients.All; }");

    [Fact]
    public Task A_named_contract_is_left_alone() => Verify.VerifyAsync(
        Contracts + """
        class Service(IClients<INamed> clients)
        {
            public INamed All => clients.All;
            public INamed One(UpgradeConnection connection) => connection.Client<INamed>();
        }
        """);

    [Fact]
    public Task Type_parameters_and_open_types_are_left_alone() => Verify.VerifyAsync(
        Contracts + """
        class Service<T>(IClients<T> clients, UpgradeConnection connection) where T : class
        {
            public T All => clients.All ?? connection.Client<T>();
            public Type Open => typeof(IClients<>);
        }
        """);

    [Fact]
    public Task Types_of_another_namespace_are_left_alone() => Verify.VerifyAsync(
        Contracts + """
        namespace Other
        {
            interface IClients<T> { T All { get; } }
            class Connection { public T? Client<T>() => default; }
            class Service(IClients<IOther> clients, Connection connection)
            {
                public IOther? All => clients.All ?? connection.Client<IOther>();
            }
        }
        """);

    [Theory]
    [InlineData("IClients<Missing> x;")]
    [InlineData("IClients<> x;")]
    [InlineData("IClients< x;")]
    [InlineData("object M(UpgradeConnection c) => c.Client<>();")]
    [InlineData("object M(UpgradeConnection c) => c.Client<Missing>();")]
    [InlineData("object M(UpgradeConnection c) => c.Client<IOther")]
    public Task Unfinished_types_are_left_alone(string member) =>
        Verify.VerifyIncompleteAsync("class Service { " + member + " }");
}
