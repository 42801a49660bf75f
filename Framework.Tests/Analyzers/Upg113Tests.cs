using Fix = UpgradeProtocols.Tests.Analyzers.CodeFixVerifier<UpgradeProtocols.Analyzers.UnitOfWorkAnalyzer, UpgradeProtocols.CodeFixes.MoveToParameterFix>;
using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.UnitOfWorkAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg113Tests
{
    private const string Types = """

        namespace Microsoft.EntityFrameworkCore
        {
            public class DbContext { public int Save() => 1; }
            public interface IDbContextFactory<T>;
        }

        class ChatDb : Microsoft.EntityFrameworkCore.DbContext;

        namespace Other
        {
            public class DbContext;
            public interface IServiceScope;
            public class UpgradeProtocolAttribute : Attribute;
        }
        """;

    [Fact]
    public Task A_context_in_the_constructor_is_reported() => Verify.VerifyAsync(
        "[UpgradeProtocol(\"a\")] class Handler(ChatDb {|#0:db|}) { [Message(\"a\")] public void M() => db.Save(); }" + Types,
        Verify.At(0, "UPG113", "'db' of 'Handler' is designed for one unit of work, but lives as long as the connection: take it as a method parameter with [FromServices]"));

    [Theory]
    [InlineData("Microsoft.EntityFrameworkCore.DbContext {|UPG113:x|}")]
    [InlineData("ChatDb? {|UPG113:x|} = null")]
    [InlineData("System.Data.IDbConnection {|UPG113:x|}")]
    [InlineData("System.Data.Common.DbTransaction {|UPG113:x|}")]
    [InlineData("int a, ChatDb {|UPG113:x|}, [FromKeyedServices(1)] ChatDb {|UPG113:y|}")]
    public Task Every_unit_of_work_is_reported(string parameters) => Verify.VerifyAsync(
        $"[UpgradeProtocol(\"a\")] class Handler {{ public Handler({parameters}) {{ }} [Message(\"a\")] public void M() {{ }} }}" + Types);

    [Theory]
    [InlineData("Microsoft.EntityFrameworkCore.IDbContextFactory<ChatDb> x")]
    [InlineData("IServiceScopeFactory x")]
    [InlineData("IServiceProvider x")]
    [InlineData("Func<ChatDb> x")]
    [InlineData("System.Data.Common.DbDataSource x")]
    [InlineData("Other.DbContext x, Other.IServiceScope y")]
    public Task A_service_that_may_live_long_is_left_alone(string parameters) => Verify.VerifyAsync(
        $"[UpgradeProtocol(\"a\")] class Handler {{ public Handler({parameters}) {{ }} [Message(\"a\")] public void M() {{ }} }}" + Types);

    [Fact]
    public Task Other_constructors_methods_and_classes_are_left_alone() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            public Handler() { }
            private Handler(ChatDb db) { }
            [Message("a")] public void M([FromServices] ChatDb db) => db.Save();
        }

        class Service(ChatDb db) { public int M() => db.Save(); }
        [Other.UpgradeProtocol] class Look(ChatDb db) { public int M() => db.Save(); }
        """ + Types);

    [Theory]
    [InlineData("[UpgradeProtocol(\"a\")] class Handler(Missing db) { }")]
    [InlineData("[UpgradeProtocol(\"a\")] class Handler(ChatDb")]
    [InlineData("[UpgradeProtocol(\"a\")] class Handler(")]
    public Task Unfinished_code_throws_nothing(string source) => Verify.VerifyIncompleteAsync(source.Replace("(ChatDb", "(") + Types);

    [Fact]
    public Task The_parameter_moves_to_the_methods_that_use_it() => Fix.VerifyAsync(
        """
        [UpgradeProtocol("a")]
        class Handler(ChatDb {|UPG113:db|})
        {
            [Message("a")] public int A(int x, CancellationToken ct) => db.Save() + x;
            [Message("b")] public async Task B(int x = 1) { await Task.Yield(); _ = new Func<int>(() => db.Save()); }
            [Message("c")] public void C() { }
        }
        """ + Types,
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")] public int A(int x, [FromServices] ChatDb db, CancellationToken ct) => db.Save() + x;
            [Message("b")] public async Task B([FromServices] ChatDb db, int x = 1) { await Task.Yield(); _ = new Func<int>(() => db.Save()); }
            [Message("c")] public void C() { }
        }
        """ + Types);

    [Fact]
    public Task Other_parameters_stay() => Fix.VerifyAsync(
        """
        [UpgradeProtocol("a")]
        class Handler(IServiceProvider services, ChatDb {|UPG113:db|})
        {
            [OnConnected] public void Connected(UpgradeConnection connection) { _ = services; db.Save(); }
        }
        """ + Types,
        """
        [UpgradeProtocol("a")]
        class Handler(IServiceProvider services)
        {
            [OnConnected] public void Connected(UpgradeConnection connection, [FromServices] ChatDb db) { _ = services; db.Save(); }
        }
        """ + Types);

    [Theory]
    [InlineData("class Handler(ChatDb {|UPG113:db|}) { private readonly ChatDb _db = db; [Message(\"a\")] public void M() => _db.Save(); }")]
    [InlineData("class Handler(ChatDb {|UPG113:db|}) { [Message(\"a\")] public void M() => Help(); private void Help() => db.Save(); }")]
    [InlineData("class Handler(ChatDb {|UPG113:db|}) { [Message(\"a\")] public virtual void M() => db.Save(); }")]
    [InlineData("class Handler { public Handler(ChatDb {|UPG113:db|}) { } [Message(\"a\")] public void M() { } }")]
    public Task No_fix_is_offered_where_one_edit_is_not_enough(string handler) => Fix.VerifyNoFixAsync("[UpgradeProtocol(\"a\")] " + handler + Types);
}
