using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>
/// The types that generated code always names. A declaration of the project with the same name, or with the name of a containing
/// namespace, hides the type. Even <c>global::</c> doesn't reach it.
/// </summary>
internal static class NeededNames
{
    // A test checks that generated code names no other type.
    private static readonly string[] s_types =
    [
        "System.Action`1",
        "System.IServiceProvider",
        "System.ReadOnlySpan`1",
        "System.Span`1",
        "System.ReadOnlyMemory`1",
        "System.MemoryExtensions",
        "System.DateTime",
        "System.IntPtr",
        "System.Type",
        "System.UIntPtr",
        "System.Buffers.IBufferWriter`1",
        "System.CodeDom.Compiler.GeneratedCodeAttribute",
        "System.ComponentModel.EditorBrowsableAttribute",
        "System.ComponentModel.EditorBrowsableState",
        "System.Diagnostics.CodeAnalysis.UnconditionalSuppressMessageAttribute",
        "System.IO.Pipelines.IDuplexPipe",
        "System.Threading.CancellationToken",
        "System.Threading.Tasks.Task",
        "System.Threading.Tasks.ValueTask",
        "System.Threading.Tasks.ValueTask`1",
        "Microsoft.Extensions.DependencyInjection.AsyncServiceScope",
        "Microsoft.Extensions.DependencyInjection.IServiceCollection",
        "Microsoft.Extensions.DependencyInjection.ServiceProviderKeyedServiceExtensions",
        "Microsoft.Extensions.DependencyInjection.ServiceProviderServiceExtensions",
        "Microsoft.Extensions.DependencyInjection.UpgradeProtocolsServiceCollectionExtensions",
        "UpgradeProtocols.BytesPayload",
        "UpgradeProtocols.CloseInfo",
        "UpgradeProtocols.FlatJsonMessageFormat",
        "UpgradeProtocols.IMessageFormat",
        "UpgradeProtocols.IPayloadCodec",
        "UpgradeProtocols.JsonMessageFormat",
        "UpgradeProtocols.JsonPayload",
        "UpgradeProtocols.JsonPayloadCodec",
        "UpgradeProtocols.JsonRpcMessageFormat",
        "UpgradeProtocols.MemoryPayload",
        "UpgradeProtocols.MessageKind",
        "UpgradeProtocols.PayloadSerializer`1",
        "UpgradeProtocols.RawMessageFormat",
        "UpgradeProtocols.ReflectionJsonCodec",
        "UpgradeProtocols.SendResult",
        "UpgradeProtocols.SlowConsumerPolicy",
        "UpgradeProtocols.SubprotocolMismatch",
        "UpgradeProtocols.TextPayload",
        "UpgradeProtocols.UpgradeConnection",
        "UpgradeProtocols.UpgradeKind",
        "UpgradeProtocols.UpgradeOptions",
        "UpgradeProtocols.UpgradeProtocolDescriptionAttribute",
        "UpgradeProtocols.UpgradeProtocolsBuilder",
        "UpgradeProtocols.UpgradeResult",
        "UpgradeProtocols.Runtime.AccessRule",
        "UpgradeProtocols.Runtime.ClientProxy",
        "UpgradeProtocols.Runtime.ClientTarget",
        "UpgradeProtocols.Runtime.FramedMessageDispatcher`2",
        "UpgradeProtocols.Runtime.MessageCall`1",
        "UpgradeProtocols.Runtime.MessageDispatcher`1",
        "UpgradeProtocols.Runtime.MessageParameters",
        "UpgradeProtocols.Runtime.MessageStream",
        "UpgradeProtocols.Runtime.NoPayload",
        "UpgradeProtocols.Runtime.NullableMemoryPayload",
        "UpgradeProtocols.Runtime.ParameterValue",
        "UpgradeProtocols.Runtime.PipeDispatcher",
        "UpgradeProtocols.Runtime.ProtocolEntry",
        "UpgradeProtocols.Runtime.ProtocolRegistration",
        "UpgradeProtocols.Runtime.PushKeySelector",
        "UpgradeProtocols.Runtime.PushMethod`1",
        "UpgradeProtocols.Runtime.PushProjection",
        "UpgradeProtocols.Runtime.RequestValues",
        "UpgradeProtocols.Runtime.SharedCodec`1",
        "UpgradeProtocols.Runtime.UpgradeProtocolModuleAttribute",
    ];

    private static readonly HashSet<string> s_known = new(s_types, StringComparer.Ordinal);
    private static readonly HashSet<string> s_namespaces = new(s_types.SelectMany(NamespacesOf), StringComparer.Ordinal) { "UpgradeProtocols.Generated" };

    /// <summary>Whether the assembly hides one of them.</summary>
    public static bool AreHiddenBy(IAssemblySymbol assembly) => HidesOne(assembly.GlobalNamespace);

    /// <summary>Whether the given type or namespace hides a type that generated code names.</summary>
    public static bool IsHiddenBy(INamespaceOrTypeSymbol symbol)
    {
        if (symbol.ContainingType is not null)
        {
            return false;
        }

        var name = symbol.ContainingNamespace is { IsGlobalNamespace: false } space ? $"{space.ToDisplayString()}.{symbol.MetadataName}" : symbol.MetadataName;
        return s_known.Contains(name) || (symbol is ITypeSymbol && s_namespaces.Contains(name));
    }

    // Only the namespaces that contain such types are searched.
    private static bool HidesOne(INamespaceSymbol space) => space.GetMembers().Any(member =>
        IsHiddenBy(member) || (member is INamespaceSymbol inner && s_namespaces.Contains(inner.ToDisplayString()) && HidesOne(inner)));

    private static IEnumerable<string> NamespacesOf(string type)
    {
        for (var end = type.LastIndexOf('.'); end > 0; end = type.LastIndexOf('.', end - 1))
        {
            yield return type.Substring(0, end);
        }
    }
}
