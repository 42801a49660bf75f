// Stands in for generated code until the generator is merged.
using UpgradeProtocols.Runtime;

namespace Chat
{
    internal sealed class HandV2() : MessageDispatcher<JsonMessageFormat>(new())
    {
        private static readonly PayloadSerializer<Join> JoinP = JsonPayload.For<Join>(ChatJson.Default);
        private static readonly PayloadSerializer<Inside> InsideP = JsonPayload.For<Inside>(ChatJson.Default);
        private static readonly PayloadSerializer<Say> SayP = JsonPayload.For<Say>(ChatJson.Default);
        private static readonly PayloadSerializer<History> HistoryP = JsonPayload.For<History>(ChatJson.Default);
        private static readonly PayloadSerializer<Said> SaidP = JsonPayload.For<Said>(ChatJson.Default);
        private static readonly PayloadSerializer<Leave> LeaveP = JsonPayload.For<Leave>(ChatJson.Default);

        public override object CreateHandler(IServiceProvider services) =>
            new ChatHandler(services.GetRequiredService<Rooms>(), services.GetRequiredService<IClients<IChatEvents>>());

        public override ValueTask OnConnectedAsync(object handler, UpgradeConnection connection) => ((ChatHandler)handler).ConnectedAsync(connection);

        public override ValueTask OnDisconnectedAsync(object handler, UpgradeConnection connection, CloseInfo close) => ((ChatHandler)handler).DisconnectedAsync();

        public override ValueTask DispatchAsync(object handler, ref MessageCall<JsonMessageFormat> call)
        {
            var h = (ChatHandler)handler;
            if (call.Name.SequenceEqual("join"u8))
            {
                return call.TryRead(JoinP, out var p) ? call.Reply(h.JoinAsync(p, call.Connection), InsideP) : default;
            }

            if (call.Name.SequenceEqual("say"u8))
            {
                return call.TryRead(SayP, out var p) ? call.Done(h.SayAsync(p)) : default;
            }

            if (call.Name.SequenceEqual("leave"u8))
            {
                return call.TryRead(LeaveP, out var p) ? call.Done(h.LeaveAsync(p, call.Connection)) : default;
            }

            if (call.Name.SequenceEqual("history"u8))
            {
                return call.TryRead(HistoryP, out var p) && call.TryOpenStream(out var stream) ? call.Stream(h.HistoryAsync(p), stream, SaidP) : default;
            }

            return call.Unknown();
        }
    }

    internal sealed class HandV1() : MessageDispatcher<FlatJsonMessageFormat>(new())
    {
        private static readonly PayloadSerializer<Say> SayP = JsonPayload.For<Say>(ChatV1Json.Default);

        public override object CreateHandler(IServiceProvider services) =>
            new ChatHandler(services.GetRequiredService<Rooms>(), services.GetRequiredService<IClients<IChatEvents>>());

        public override ValueTask OnConnectedAsync(object handler, UpgradeConnection connection) => ((ChatHandler)handler).ConnectedAsync(connection);

        public override ValueTask OnDisconnectedAsync(object handler, UpgradeConnection connection, CloseInfo close) => ((ChatHandler)handler).DisconnectedAsync();

        public override ValueTask DispatchAsync(object handler, ref MessageCall<FlatJsonMessageFormat> call)
        {
            if (call.Name.SequenceEqual("say"u8))
            {
                return call.TryRead(SayP, out var p) ? call.Done(((ChatHandler)handler).SayAsync(p)) : default;
            }

            return call.Unknown();
        }
    }

    internal sealed class HandEvents(ClientTarget target) : ClientProxy(target, typeof(IChatEvents)), IChatEvents
    {
        private static readonly PushMethod<Said> Said = new("said");
        private static readonly PushMethod<Presence> Joined = new("joined", [ChatHandler.V2]);
        private static readonly PushMethod<Presence> Left = new("left", [ChatHandler.V2]);

        public ValueTask SaidAsync(Said said) => SendAsync(Said, said);

        public ValueTask JoinedAsync(Presence joined) => SendAsync(Joined, joined);

        public ValueTask LeftAsync(Presence left) => SendAsync(Left, left);
    }
}

namespace Microsoft.Extensions.DependencyInjection
{
    internal static class Hand
    {
        public static UpgradeProtocolsBuilder AddUpgradeProtocols(this IServiceCollection services)
        {
            var b = new UpgradeProtocolsBuilder(services);
            b.AddProtocol(new() { Path = "/chat", Name = "chat.v2", HandlerType = typeof(Chat.ChatHandler), Dispatcher = new Chat.HandV2(), ClientType = typeof(Chat.IChatEvents), Codec = new JsonPayloadCodec(Chat.ChatJson.Default) });
            b.AddProtocol(new() { Path = "/chat", Name = "chat.v1", HandlerType = typeof(Chat.ChatHandler), Dispatcher = new Chat.HandV1(), ClientType = typeof(Chat.IChatEvents), Codec = new JsonPayloadCodec(Chat.ChatV1Json.Default) });
            b.AddClientContract<Chat.IChatEvents>(target => new Chat.HandEvents(target));
            return b;
        }
    }
}
