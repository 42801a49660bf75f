using System.Collections;
using System.Reflection;
using Microsoft.CodeAnalysis;
using UpgradeProtocols.Generators;

namespace UpgradeProtocols.Tests.Generators;

/// <summary>The steps that run again after an edit.</summary>
public class IncrementalTests
{
    private const string Sources = """
        namespace Chat;

        // a comment
        [ClientContract]
        public interface IEvents { [Message("said")] ValueTask SaidAsync(string text); }

        [UpgradeProtocol("one", Client = typeof(IEvents))]
        public class One
        {
            [OnConnected] public void Connected() { }
            [Message("a")] public void A(string text) { }
            [Message("b")] public int B(int number) { return number; }
        }
        """;

    private const string Other = """
        namespace Chat;

        [UpgradeProtocol("two", Path = "/two/{id}")]
        public class Two
        {
            [Message("a")] public void A([FromRoute] string id) { }
        }
        """;

    private static readonly string[] s_all = [Steps.Handlers, Steps.Contracts, Steps.ForeignContracts, Steps.Table, Steps.Assembly, Steps.Names];

    [Theory]
    [InlineData("// a comment", "public class Unrelated { public int X; }")]
    [InlineData("// a comment", "// another comment, of another length")]
    [InlineData("return number;", "return number + 1;")]
    [InlineData("""
            [Message("a")] public void A(string text) { }
            [Message("b")] public int B(int number) { return number; }
        """, """
            [Message("b")] public int B(int number) { return number; }
            private readonly int _unrelated = 1;
            [Message("a")] public void A(string text) { _ = _unrelated; }
        """)]
    public void Nothing_is_written_again_when_no_declaration_changed(string from, string to)
    {
        var run = GeneratorHost.RunClean(Sources, Other).Edit(from, to);
        foreach (var step in s_all)
        {
            Assert.All(run.Reasons(step), reason => Assert.True(reason is IncrementalStepRunReason.Unchanged or IncrementalStepRunReason.Cached, $"{step}: {reason}"));
        }

        Assert.Equal(4, run.OutputReasons().Count);
        Assert.All(run.OutputReasons(), output => Assert.True(output.Value == IncrementalStepRunReason.Cached, output.ToString()));
        run.AssertClean();
    }

    [Fact]
    public void An_edited_method_writes_its_handler_again_and_nothing_else()
    {
        var run = GeneratorHost.RunClean(Sources, Other).Edit("public int B(int number)", "public long B(int number)");
        var reasons = run.OutputReasons();
        Assert.Equal(IncrementalStepRunReason.Modified, reasons["Chat.One.g.cs"]);
        Assert.All(reasons.Where(output => output.Key != "Chat.One.g.cs"), output => Assert.True(output.Value == IncrementalStepRunReason.Cached, output.ToString()));
        run.AssertClean();
    }

    [Fact]
    public void A_renamed_protocol_writes_its_handler_and_the_table_again()
    {
        var run = GeneratorHost.RunClean(Sources, Other).Edit("\"two\"", "\"deux\"");
        Assert.Equal(
            ["Chat.Two.g.cs", "UpgradeProtocols.Registration.g.cs"],
            run.OutputReasons().Where(output => output.Value == IncrementalStepRunReason.Modified).Select(output => output.Key).Order());
    }

    [Fact]
    public void An_edited_contract_leaves_the_handlers_and_the_table_unchanged()
    {
        var run = GeneratorHost.RunClean(Sources, Other).Edit("SaidAsync(string text)", "SaidAsync(int number)");
        Assert.Equal(
            ["Chat.IEvents.g.cs"],
            run.OutputReasons().Where(output => output.Value == IncrementalStepRunReason.Modified).Select(output => output.Key));
    }

    [Fact]
    public void A_new_handler_leaves_the_others_unchanged()
    {
        var run = GeneratorHost.RunClean(Sources, Other).Edit("// a comment", "[UpgradeProtocol(\"three\")] public class Three { [OnConnected] public void C() { } }");
        var reasons = run.OutputReasons();
        Assert.NotEqual(IncrementalStepRunReason.Cached, reasons["Chat.Three.g.cs"]);
        Assert.Equal(IncrementalStepRunReason.Cached, reasons["Chat.Two.g.cs"]);
        Assert.Equal(IncrementalStepRunReason.Cached, reasons["Chat.IEvents.g.cs"]);
    }

    [Fact]
    public void Models_hold_no_objects_of_the_compiler()
    {
        var run = GeneratorHost.RunClean(Sources, Other);
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        var values = s_all.SelectMany(step => run.Result.TrackedSteps.GetValueOrDefault(step, [])).SelectMany(step => step.Outputs).Select(output => output.Value).ToList();
        Assert.True(values.Count >= 6);
        values.ForEach(value => Walk(value, seen));
    }

    private static void Walk(object? value, HashSet<object> seen)
    {
        if (value is null or string || value.GetType().IsPrimitive || value.GetType().IsEnum || !seen.Add(value))
        {
            return;
        }

        Assert.False(value is ISymbol or SyntaxNode or SyntaxTree or Compilation or Location or AttributeData or SemanticModel or Delegate, value.GetType().ToString());
        if (value is Array)
        {
            foreach (var item in (IEnumerable)value)
            {
                Walk(item, seen);
            }
        }

        for (var type = value.GetType(); type is not null && type != typeof(object); type = type.BaseType)
        {
            foreach (var field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                Walk(field.GetValue(value), seen);
            }
        }
    }
}
