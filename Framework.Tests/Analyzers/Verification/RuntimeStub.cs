using Basic.Reference.Assemblies;
using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Tests.Analyzers;

/// <summary>The shapes of the runtime's types that analyzers look at, without their bodies.</summary>
internal static class RuntimeStub
{
    private const string Source = """
        using System;
        using System.Threading.Tasks;

        namespace UpgradeProtocols
        {
            public class UpgradeConnection
            {
                public string Id => "";
                public T Client<T>() where T : class => null!;
                public ValueTask JoinAsync(string group) => default;
            }

            public class UpgradeRequest;

            public sealed class UpgradeResult
            {
                public static UpgradeResult Accept() => new();
            }

            public interface IClients<T> where T : class
            {
                T All { get; }
                T Group(string name, UpgradeConnection? except = null);
                T Connection(string id);
                T User(string id);
                T Except(UpgradeConnection connection);
            }

            public interface IMessageFraming;

            public readonly struct LineFraming : IMessageFraming;

            public class UpgradeProtocolsBuilder
            {
                public UpgradeProtocolsBuilder Listen(string url) => this;
            }
        }

        namespace UpgradeProtocols.Runtime
        {
            [AttributeUsage(AttributeTargets.Assembly)]
            public sealed class UpgradeProtocolModuleAttribute(Type moduleType) : Attribute
            {
                public Type ModuleType { get; } = moduleType;
            }
        }
        """;

    public static MetadataReference Reference { get; } = TestReferences.Emit("UpgradeProtocols", Net100.References.All, Source);
}
