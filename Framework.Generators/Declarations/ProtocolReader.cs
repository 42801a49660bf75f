using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>A protocol while its class is read, with the symbols that the model doesn't keep.</summary>
internal sealed record ProtocolDraft(
    ProtocolModel Model,
    AttributeData Attribute,
    EquatableArray<string> PathParameters,
    INamedTypeSymbol? JsonContext,
    INamedTypeSymbol? Client);

/// <summary>Reads the [UpgradeProtocol] attributes of a class.</summary>
internal sealed class ProtocolReader(INamedTypeSymbol type, Compilation compilation, ProblemSink problems, CancellationToken cancellationToken)
{
    public IReadOnlyList<ProtocolDraft> Read(bool hasOnlyCatchAlls)
    {
        var drafts = new List<ProtocolDraft>();
        var index = 0;
        foreach (var attribute in type.GetAttributes())
        {
            if (attribute.IsOurs(Attributes.UpgradeProtocol))
            {
                if (!attribute.On(type).HasErrors && Read(attribute, index, hasOnlyCatchAlls) is { } draft)
                {
                    drafts.Add(draft);
                }

                index++;
            }
        }

        return drafts;
    }

    private ProtocolDraft? Read(AttributeData attribute, int index, bool hasOnlyCatchAlls)
    {
        var kind = (ProtocolKind)(attribute.Value<int>("Kind") ?? 0);
        var name = attribute.ConstructorArguments is [{ Value: string given }] ? given : null;
        var arguments = attribute.On(type);
        var path = arguments.Text("Path") ?? "/";
        var display = name ?? $"the default of {path}";

        // All checks run before the result is decided, so that all problems are reported at once.
        var isRight = CheckName(attribute, name, kind, path) & CheckOptions(attribute, display, kind);
        if (ProtocolSyntax.PathProblem(path, out var parameters) is { } pathProblem)
        {
            problems.Report(Rules.Path, () => arguments.FindLocation("Path", type), path, pathProblem);
            isRight = false;
        }

        var format = ReadFormat(attribute, hasOnlyCatchAlls);
        var framing = ReadFraming(attribute, display, ref isRight);
        var context = ReadContext(arguments, ref isRight);
        var codec = format is null ? null : new CodecReader(type, compilation, problems).Read(arguments, display, format, ref isRight);
        var client = ReadClient(arguments);
        if (!isRight || format is null)
        {
            return null;
        }

        if (client is not null)
        {
            ContractFormats.Check(problems, client, format, name, () => arguments.FindLocation("Client", type));
        }

        var model = new ProtocolModel(
            index,
            name,
            path,
            kind,
            attribute.Value<bool>("Default") ?? false,
            attribute.Texts("Methods") ?? [],
            attribute.Texts("AllowedOrigins"),
            attribute.Value<int>("SubprotocolMismatch") ?? 0,
            attribute.Value<int>("SlowConsumer"),
            attribute.Value<int>("MaxMessageSize") ?? 0,
            attribute.Value<int>("MaxConnections") ?? 0,
            attribute.Value<bool>("Compression") ?? false,
            format,
            framing?.CodeForTypeOf(),
            context?.CodeForTypeOf(),
            codec,
            client?.CodeForTypeOf())
        {
            Naming = MemberNaming.Of(format, codec is null ? context : null),
        };
        return new ProtocolDraft(model, attribute, parameters, context, client);
    }

    private bool CheckName(AttributeData attribute, string? name, ProtocolKind kind, string path)
    {
        if (name is null && attribute.ConstructorArguments is [{ IsNull: true }])
        {
            problems.Report(
                Rules.ProtocolName, () => attribute.FindFirstLocation(type), "null", $"is not valid: set a name, or omit the argument for the default handler of '{path}'");
            return false;
        }

        if (name is null)
        {
            if (kind != ProtocolKind.Raw)
            {
                return true;
            }

            problems.Report(Rules.ProtocolName, () => attribute.FindLocation(type), "", $"of the raw protocol on '{path}' is missing: set the Upgrade token that clients request");
            return false;
        }

        if (ProtocolSyntax.NameProblem(name, isRaw: kind == ProtocolKind.Raw) is { } problem)
        {
            problems.Report(Rules.ProtocolName, () => attribute.FindFirstLocation(type), name, problem);
            return false;
        }

        if (kind == ProtocolKind.Raw && ProtocolSyntax.IsReserved(name))
        {
            problems.Report(
                Rules.ProtocolOptions, () => attribute.FindFirstLocation(type), name, "has a name that HTTP reserves: use another name, or remove Kind for a WebSocket");
            return false;
        }

        return true;
    }

    private bool CheckOptions(AttributeData attribute, string display, ProtocolKind kind)
    {
        var isRight = true;
        if (kind is not (ProtocolKind.WebSocket or ProtocolKind.Raw))
        {
            Report("Kind", "has an invalid Kind: use UpgradeKind.WebSocket or UpgradeKind.Raw");
        }

        if (attribute.Value<int>("SubprotocolMismatch") is < 0 or > 1)
        {
            Report("SubprotocolMismatch", "has an invalid SubprotocolMismatch: use SubprotocolMismatch.Refuse or SubprotocolMismatch.AcceptThenClose");
        }

        if (attribute.Value<int>("SlowConsumer") is { } policy && !PushOptions.IsPolicy(policy))
        {
            Report("SlowConsumer", $"has an invalid SlowConsumer: {PushOptions.Policies}");
        }

        if (kind == ProtocolKind.Raw)
        {
            foreach (var option in (string[])["Default", "SubprotocolMismatch", "Compression"])
            {
                if (attribute.Named(option) is { Value: not (null or false) })
                {
                    Report(option, $"is raw, but {option} is only for WebSockets: remove it");
                }
            }
        }
        else
        {
            foreach (var option in (string[])["Methods", "Framing"])
            {
                if (attribute.Named(option) is { IsNull: false })
                {
                    Report(option, $"is a WebSocket protocol, but {option} is only for raw protocols: remove it, or set Kind = UpgradeKind.Raw");
                }
            }
        }

        if (attribute.Texts("Methods") is { } methods && (methods.Count == 0 || !methods.All(ProtocolSyntax.IsToken)))
        {
            Report("Methods", "has Methods that are not request methods: set at least one, such as \"GET\"");
        }

        if (attribute.Value<int>("MaxConnections") < 0)
        {
            Report("MaxConnections", "has a negative MaxConnections: set a number of connections, or 0 for no limit");
        }

        if (attribute.Value<int>("MaxMessageSize") < 0)
        {
            Report("MaxMessageSize", "has a negative MaxMessageSize: set a number of bytes, or 0 for the server's option");
        }

        return isRight;

        void Report(string option, string problem)
        {
            problems.Report(Rules.ProtocolOptions, () => attribute.FindLocation(option, type), display, problem);
            isRight = false;
        }
    }

    private FormatModel? ReadFormat(AttributeData attribute, bool hasOnlyCatchAlls)
    {
        var discriminator = attribute.Text("Discriminator");
        if (attribute.AnyType("Format") is not { } format)
        {
            return discriminator is not null ? JsonFormat(FormatModel.FlatJson, discriminator)
                : hasOnlyCatchAlls ? new FormatModel(FormatModel.Raw, null, MessageFormatFeatures.None, 0, 0)
                : JsonFormat(FormatModel.Json, null);
        }

        if (!IsStructOf(format, "IMessageFormat"))
        {
            problems.Report(
                Rules.FormatCan,
                () => attribute.FindLocation("Format", type),
                format.Display(),
                "is not a message format: use an internal or public struct that implements IMessageFormat");
            return null;
        }

        NoteConstructor(format);
        var code = format.CodeForTypeOf();
        if (discriminator is not null && code != FormatModel.FlatJson)
        {
            problems.Report(
                Rules.FormatCan,
                () => attribute.FindLocation("Discriminator", type),
                format.Name,
                "has no discriminator: remove Discriminator, or set Format = typeof(FlatJsonMessageFormat)");
            return null;
        }

        var declared = format.Attribute(Attributes.Namespace, Attributes.MessageFormat);
        var features = declared?.ConstructorArguments is [{ Value: int value }]
            ? (MessageFormatFeatures)value
            : MessageFormatFeatures.Names | MessageFormatFeatures.Replies | MessageFormatFeatures.Streams | MessageFormatFeatures.ServerRequests;
        return new FormatModel(code, discriminator, features, declared?.Value<int>("MinTag") ?? 0, declared?.Value<int>("MaxTag") ?? 255);
    }

    // Generated code creates an instance with the parameterless constructor.
    private static void NoteConstructor(ITypeSymbol type)
    {
        if (((INamedTypeSymbol)type).InstanceConstructors.FirstOrDefault(constructor => constructor.Parameters.IsEmpty) is { } constructor)
        {
            NamedSymbols.Note(constructor);
        }
    }

    private static FormatModel JsonFormat(string code, string? discriminator) => new(
        code,
        discriminator,
        MessageFormatFeatures.Names | MessageFormatFeatures.Replies | MessageFormatFeatures.Streams | MessageFormatFeatures.ServerRequests
        | MessageFormatFeatures.Members,
        MinTag: 0,
        MaxTag: 255);

    private INamedTypeSymbol? ReadFraming(AttributeData attribute, string display, ref bool isRight)
    {
        if (attribute.AnyType("Framing") is not { } framing)
        {
            return null;
        }

        if (IsStructOf(framing, "IMessageFraming"))
        {
            NoteConstructor(framing);
            return (INamedTypeSymbol)framing;
        }

        problems.Report(
            Rules.ProtocolOptions,
            () => attribute.FindLocation("Framing", type),
            display,
            $"has the Framing '{framing.Display()}', which is not a message framing: use an internal or public struct that implements IMessageFraming");
        isRight = false;
        return null;
    }

    private INamedTypeSymbol? ReadContext(ProtocolArguments arguments, ref bool isRight)
    {
        if (arguments.AnyType("JsonContext") is not { } context)
        {
            return null;
        }

        if (JsonContexts.Problem(context, compilation, type.ContainingAssembly, cancellationToken) is not { } problem)
        {
            return (INamedTypeSymbol)context;
        }

        problems.Report(Rules.NotInContext, () => arguments.FindLocation("JsonContext", type), context.Display(), problem);
        isRight = false;
        return null;
    }

    private INamedTypeSymbol? ReadClient(ProtocolArguments arguments)
    {
        if (arguments.AnyType("Client") is not { } client)
        {
            return null;
        }

        if (client is INamedTypeSymbol { TypeKind: TypeKind.Interface } contract && !contract.IsGeneric()
            && DeclarationReader.IsContract(contract) && contract.IsReachable(compilation, type.ContainingAssembly))
        {
            return contract;
        }

        problems.Report(
            Rules.ClientMethod,
            () => arguments.FindLocation("Client", type),
            client.Display(),
            "is not a client contract that generated code can use: set Client to an internal or public interface without type parameters, marked with [ClientContract]");
        return null;
    }

    private bool IsStructOf(ITypeSymbol candidate, string contract) =>
        candidate is INamedTypeSymbol { TypeKind: TypeKind.Struct, IsRefLikeType: false, IsUnboundGenericType: false }
        && candidate.AllInterfaces.Any(implemented => implemented.Is(Attributes.Namespace, contract))
        && candidate.IsReachable(compilation, type.ContainingAssembly)
        && !candidate.GetMembers().Any(member => member is IPropertySymbol { IsRequired: true } or IFieldSymbol { IsRequired: true });
}
