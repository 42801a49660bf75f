using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Generators.Emit;

/// <summary>The input of the registration from a handler. It excludes methods, so that editing a method doesn't change the table.</summary>
internal sealed record HandlerRegistration(string FullName, string Type, EquatableArray<ProtocolRegistration> Protocols, FileHead Head)
{
    public static HandlerRegistration Of(HandlerModel handler)
    {
        var plan = new HandlerPlan(handler);
        return new HandlerRegistration(
            handler.FullName,
            handler.Type,
            handler.Protocols.Select(protocol => new ProtocolRegistration(protocol, plan.DispatcherOf(protocol))).ToEquatableArray(),
            handler.Head);
    }
}

/// <summary>An entry of the negotiation table.</summary>
internal sealed record ProtocolRegistration(ProtocolModel Protocol, string Dispatcher);

/// <summary>The input of the registration from a client contract.</summary>
internal sealed record ContractRegistration(string FullName, string Type, FileHead Head);

/// <summary>A referenced assembly with handlers or client contracts.</summary>
internal sealed record ReferencedModule(string Assembly, string Type);

/// <summary>The input of the registration from the compilation.</summary>
/// <param name="Name">The assembly's name.</param>
/// <param name="HasRuntime">Whether the assembly references the runtime, and generated code can use its names.</param>
/// <param name="Taken">The names that the user declares in the namespace of generated types.</param>
/// <param name="Modules">The referenced assemblies with handlers or client contracts.</param>
internal sealed record AssemblyModel(string Name, bool HasRuntime, EquatableArray<string> Taken, EquatableArray<ReferencedModule> Modules);

/// <summary>Writes the negotiation table and AddUpgradeProtocols.</summary>
internal sealed class RegistrationEmitter
{
    private readonly SourceWriter _writer;
    private readonly Names _names;
    private readonly Dictionary<string, string> _codecs = new(StringComparer.Ordinal);
    private readonly Scope _locals = new("builder", "target");
    private bool _usesReflection;
    private bool _usesPlainCodec;

    private RegistrationEmitter(Names names, FileHead head)
    {
        _names = names;
        _writer = new SourceWriter(head);
    }

    public static string Emit(AssemblyModel assembly, IReadOnlyList<HandlerRegistration> handlers, IReadOnlyList<ContractRegistration> contracts, Names names)
    {
        var emitter = new RegistrationEmitter(names, FileHead.Of(handlers.Select(handler => handler.Head).Concat(contracts.Select(contract => contract.Head))));
        emitter.Emit(
            assembly,
            [.. handlers.OrderBy(handler => handler.FullName, StringComparer.Ordinal)],
            [.. contracts.Distinct().OrderBy(contract => contract.FullName, StringComparer.Ordinal)]);
        return emitter._writer.ToString();
    }

    private void Emit(AssemblyModel assembly, List<HandlerRegistration> handlers, List<ContractRegistration> contracts)
    {
        var hasModule = handlers.Count > 0 || contracts.Count > 0;
        var module = _names.Module;
        if (hasModule)
        {
            _writer.Line("#pragma warning disable CS3001 // the module is public only for other generated code");
            _writer.Blank();
            _writer.Line($"[assembly: {Code.Runtime}UpgradeProtocolModuleAttribute(typeof(global::{Code.Namespace}.{module}))]");
            _writer.Blank();
            EmitModule(assembly, module, handlers, contracts);
            _writer.Blank();
        }

        _writer.Open("namespace Microsoft.Extensions.DependencyInjection");
        _writer.Line("/// <summary>Adds the upgrade protocols that this assembly and its references declare.</summary>");
        _writer.Line("[global::Microsoft.CodeAnalysis.EmbeddedAttribute]");
        _writer.Line(Code.GeneratedCode);
        _writer.Open("internal static class UpgradeProtocolsServiceCollectionExtensions");
        _writer.Line("/// <summary>Adds every upgrade protocol of this assembly and of its references.</summary>");
        _writer.Line("/// <param name=\"services\">The application's services.</param>");
        _writer.Line("/// <param name=\"configure\">Sets limits and timeouts; null for the defaults.</param>");
        _writer.Line("/// <returns>A builder that configures listeners and further protocols.</returns>");
        _writer.Line($"public static {Code.Ours}UpgradeProtocolsBuilder AddUpgradeProtocols(");
        _writer.Indent();
        _writer.Line("this global::Microsoft.Extensions.DependencyInjection.IServiceCollection services,");
        _writer.Line($"global::System.Action<{Code.Ours}UpgradeOptions>? configure = null)");
        _writer.Outdent();
        _writer.Open();
        _writer.Line($"{Code.Ours}UpgradeProtocolsBuilder builder = new {Code.Ours}UpgradeProtocolsBuilder(services);");
        if (hasModule)
        {
            _writer.Line($"{Code.Runtime}ProtocolRegistration.AddModule(builder, {Literals.Text(assembly.Name)}, global::{Code.Namespace}.{module}.Register);");
        }

        foreach (var reference in assembly.Modules)
        {
            _writer.Line($"{Code.Runtime}ProtocolRegistration.AddModule(builder, {Literals.Text(reference.Assembly)}, {reference.Type}.Register);");
        }

        _writer.Line("return configure is null ? builder : builder.Configure(configure);");
        _writer.Close();
        _writer.Close();
        _writer.Close();
    }

    private void EmitModule(AssemblyModel assembly, string module, List<HandlerRegistration> handlers, List<ContractRegistration> contracts)
    {
        _writer.Open($"namespace {Code.Namespace}");
        _writer.Line($"/// <summary>The upgrade protocols of {Code.Xml(assembly.Name)}, for the assemblies that reference it.</summary>");
        _writer.Line(Code.GeneratedCode);
        _writer.Line("[global::System.ComponentModel.EditorBrowsableAttribute(global::System.ComponentModel.EditorBrowsableState.Never)]");
        _writer.Open($"public static class {module}");
        _writer.Line("/// <summary>Registers the protocols.</summary>");
        _writer.Line("/// <param name=\"builder\">The builder that registers the protocols.</param>");
        _writer.Open($"public static void Register({Code.Ours}UpgradeProtocolsBuilder builder)");
        EmitCodecs(handlers);
        foreach (var contract in contracts)
        {
            _writer.Line($"{Code.Runtime}ProtocolRegistration.AddClientContract<{contract.Type}>(builder, static target => new global::{Code.Namespace}.{Symbols.EscapeType(_names.TypeOf(contract.FullName))}(target));");
        }

        foreach (var handler in handlers)
        {
            foreach (var protocol in handler.Protocols)
            {
                _writer.Blank();
                EmitEntry(handler, protocol);
            }
        }

        _writer.Close();
        EmitHelpers();
        _writer.Close();
        _writer.Close();
    }

    private void EmitCodecs(List<HandlerRegistration> handlers)
    {
        foreach (var protocol in handlers.SelectMany(handler => handler.Protocols).Select(registration => registration.Protocol))
        {
            if (KeyOf(protocol) is not { } key || _codecs.ContainsKey(key))
            {
                continue;
            }

            var json = protocol switch
            {
                { Codec: { } codec } => Code.CodecOf(codec),
                { JsonContext: { } context } => $"new {Code.Ours}JsonPayloadCodec({context}.Default)",
                _ => "ReflectionCodec()",
            };
            var named = protocol.Codec?.Type ?? protocol.JsonContext;
            var label = named is null ? "reflection" : Names.Flatten(named.Substring(named.LastIndexOfAny(['.', ':', '@']) + 1));
            var local = _locals.Take(char.ToLowerInvariant(label[0]) + label.Substring(1) + (protocol.Format.HasPlainPayloads ? "Plain" : "") + "Codec");
            _usesReflection |= protocol is { Codec: null, JsonContext: null };
            _usesPlainCodec |= protocol.Format.HasPlainPayloads;
            _codecs.Add(key, local);
            _writer.Line($"{Code.Ours}IPayloadCodec {local} = {(protocol.Format.HasPlainPayloads ? $"new PlainCodec({json})" : json)};");
        }

        _writer.Blank();
    }

    // In a format without an envelope, only pushes and declared codecs or contexts need a codec.
    private static string? KeyOf(ProtocolModel protocol) => protocol switch
    {
        { Kind: ProtocolKind.Raw, Framing: null } => null,
        { Format.IsBare: true, Client: null, JsonContext: null, Codec: null } => null,
        _ => $"{protocol.Format.HasPlainPayloads}|{protocol.JsonContext}|{protocol.Codec}",
    };

    private void EmitEntry(HandlerRegistration handler, ProtocolRegistration registration)
    {
        var protocol = registration.Protocol;
        _writer.Line($"{Code.Runtime}ProtocolRegistration.AddProtocol(builder, new {Code.Runtime}ProtocolEntry");
        _writer.Open();
        _writer.Line($"Path = {Literals.Text(protocol.Path)},");
        If(protocol.Name is not null, $"Name = {Literals.Text(protocol.Name)},");
        If(protocol.Kind == ProtocolKind.Raw, $"Kind = {Code.Ours}UpgradeKind.Raw,");
        If(protocol.ServesAsDefault, "IsDefault = true,");
        If(protocol.Methods.Count > 0, $"Methods = {Texts(protocol.Methods)},");
        If(protocol.AllowedOrigins is not null, $"AllowedOrigins = {Texts(protocol.AllowedOrigins ?? [])},");
        If(protocol.SubprotocolMismatch != 0, $"SubprotocolMismatch = {Code.Enum("SubprotocolMismatch", protocol.SubprotocolMismatch, ["Refuse", "AcceptThenClose"])},");
        If(protocol.MaxConnections != 0, $"MaxConnections = {Literals.Number(protocol.MaxConnections)},");
        If(protocol.MaxMessageSize != 0, $"MaxMessageSize = {Literals.Number(protocol.MaxMessageSize)},");
        If(protocol.Compression, "Compression = true,");
        If(protocol.SlowConsumer is not null, $"SlowConsumer = {Code.Policy(protocol.SlowConsumer ?? 0)},");
        _writer.Line($"HandlerType = typeof({handler.Type}),");
        _writer.Line($"Dispatcher = new global::{Code.Namespace}.{Symbols.EscapeType(_names.TypeOf(handler.FullName))}.{registration.Dispatcher}(),");
        If(protocol.Client is not null, $"ClientType = typeof({protocol.Client}),");
        If(KeyOf(protocol) is not null, $"Codec = {(KeyOf(protocol) is { } key ? _codecs[key] : "")},");
        _writer.Close("});");
    }

    private void If(bool condition, string line)
    {
        if (condition)
        {
            _writer.Line(line);
        }
    }

    private void EmitHelpers()
    {
        if (_usesReflection)
        {
            _writer.Blank();
            Code.SuppressTrimming(_writer);
            _writer.Line($"private static {Code.Ours}IPayloadCodec ReflectionCodec() => new {Code.Ours}ReflectionJsonCodec();");
        }

        if (_usesPlainCodec)
        {
            _writer.Blank();
            _writer.Line("// Text and bytes are sent unchanged.");
            _writer.Open($"private sealed class PlainCodec({Code.Ours}IPayloadCodec other) : {Code.Ours}IPayloadCodec");
            _writer.Line($"public {Code.Ours}PayloadSerializer<T> GetSerializer<T>() =>");
            _writer.Indent();
            _writer.Line($"{Code.Ours}TextPayload.Instance as {Code.Ours}PayloadSerializer<T>");
            _writer.Line($"?? {Code.Ours}BytesPayload.Instance as {Code.Ours}PayloadSerializer<T>");
            _writer.Line("?? other.GetSerializer<T>();");
            _writer.Outdent();
            _writer.Blank();
            _writer.Line("public void WriteObject(global::System.Buffers.IBufferWriter<byte> output, object value) => other.WriteObject(output, value);");
            _writer.Close();
        }
    }

    private static string Texts(EquatableArray<string> texts) => $"[{string.Join(", ", texts.Select(Literals.Text))}]";
}
