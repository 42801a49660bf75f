using Microsoft.CodeAnalysis.Diagnostics;

namespace UpgradeProtocols.Tests.Generators;

/// <summary>Types that refer to themselves or to ever larger types: every search through types ends.</summary>
public class EndlessTypesTests
{
    [Theory]
    [InlineData("public class T : List<T>;")]
    [InlineData("public class T : List<T[]>;")]
    [InlineData("public class T : List<T?>;")]
    [InlineData("public class T : Dictionary<string, T>;")]
    [InlineData("public class T : Dictionary<T, List<T>>;")]
    [InlineData("public class T : List<Dictionary<string, (T, T?)[]>>;")]
    [InlineData("public class T : List<U>; public class U : List<T>;")]
    [InlineData("public class T : List<U>; public class U : Dictionary<string, V>; public record V(T T, U[] U);")]
    [InlineData("public abstract class T : IEnumerable<T> { public abstract IEnumerator<T> GetEnumerator(); System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator(); }")]
    [InlineData("[JsonDerivedType(typeof(T))] public interface T : IEnumerable<T>;")]
    [InlineData("[JsonDerivedType(typeof(T), 1), JsonDerivedType(typeof(U), 2)] public class T { public T? Next { get; set; } } [JsonDerivedType(typeof(U))] public class U : T;")]
    [InlineData("public class A<X> where X : A<X>; public class T : A<T> { public A<T>? Self { get; set; } }")]
    [InlineData("public record T(P<int> P); public record P<A>(A V, P<P<A>>? N);")]
    [InlineData("public record T(P<int, string> P); public record P<A, B>(P<B, A>? N, P<P<A, B>, A>? O, P<List<A>, B[]>? M);")]
    [InlineData("public record T(P<int> P); public record P<A>(P<(A, A, A, A, A, A, A)>? N);")]
    [InlineData("public class T : P<int>; public class P<A> : List<P<P<A>>>;")]
    [InlineData("public class T : P<int>; public class P<A> : List<P<(A, A, A, A)>>;")]
    [InlineData("public class T : P<int>; public class P<A> : Dictionary<string, P<A[]>>;")]
    [InlineData("public class T { public P<int>.Q? N { get; set; } } public class P<A> { public class Q { public P<Q>.Q? N { get; set; } } }")]
    [InlineData("public record struct T(List<T>? A, T[]? B, T?[]? C);")]
    public void A_type_of_itself_is_a_payload_in_every_place(string types) => AssertEnds(types);

    [Fact]
    public void A_chain_of_a_thousand_types() =>
        AssertEnds("public record T(T0? N); " + string.Concat(Enumerable.Range(0, 1_000).Select(i => $"public class T{i} {{ public T{(i + 1) % 1_000}? N {{ get; set; }} }}\n")));

    [Fact]
    public void A_chain_of_collections() =>
        AssertEnds("public class T : List<T0>; " + string.Concat(Enumerable.Range(0, 1_000).Select(i => $"public class T{i} : List<T{(i + 1) % 1_000}>;")));

    [Fact]
    public void A_thousand_types_that_all_know_each_other() =>
        AssertEnds("public record T(T0? N); " + string.Concat(Enumerable.Range(0, 1_000).Select(i =>
            $"public class T{i} {{ {string.Concat(Enumerable.Range(1, 9).Select(step => $"public T{((i * step) + step) % 1_000}? N{step} {{ get; set; }} "))} }}\n")));

    // Contexts that aren't partial exclude System.Text.Json's generator, which doesn't end for some of these types.
    private static void AssertEnds(string types)
    {
        string[] sources =
        [
            $$"""
            {{types}}
            [JsonSerializable(typeof(T)), JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
            public class Context() : JsonSerializerContext(null)
            {
                public static Context Default { get; } = new();
                protected override System.Text.Json.JsonSerializerOptions? GeneratedSerializerOptions => null;
                public override System.Text.Json.Serialization.Metadata.JsonTypeInfo? GetTypeInfo(Type type) => null;
            }

            [ClientContract]
            public interface IEvents
            {
                [Message("a")] ValueTask<T> AAsync(T x);
                [Message("b", LatestByKey = "Item1", Versions = ["b"])] ValueTask BAsync((int, T) x);
                [Projection("b")] static T ToB((int, T) x) => x.Item2;
            }

            [UpgradeProtocol("a", Client = typeof(IEvents), JsonContext = typeof(Context))]
            [UpgradeProtocol("b", Client = typeof(IEvents), Discriminator = "op")]
            public class H([FromKeyedServices(1)] T? x = default)
            {
                [Message("a")] public T A(T x) => x;
                [Message("b")] public Task<T[]> B(List<T> x) => null!;
                [Message("c")] public IAsyncEnumerable<T?> C((T, T?) x, CancellationToken token) => null!;
                [Message("d")] public object? D() => x;
            }
            """,
        ];
        var compilation = GeneratorHost.Compile(sources);
        GeneratorHost.Run(compilation).AssertAddsNothing();
        var analyzed = compilation.WithAnalyzers(
            [.. Analyzers.AnalyzerCatalog.Types.Select(type => (DiagnosticAnalyzer)Activator.CreateInstance(type)!)],
            new CompilationWithAnalyzersOptions(new AnalyzerOptions([]), onAnalyzerException: null, concurrentAnalysis: false, logAnalyzerExecutionTime: false));
        var said = analyzed.GetAnalyzerDiagnosticsAsync(TestContext.Current.CancellationToken).GetAwaiter().GetResult();
        Assert.DoesNotContain(said, diagnostic => diagnostic.Id == "AD0001");
    }
}
