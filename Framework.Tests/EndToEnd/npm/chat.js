// A client of both versions on the package ws: node chat.js ws://127.0.0.1:5080/chat. Exit status 0 when all is as it should be.
import assert from "node:assert/strict";
import { once } from "node:events";
import WebSocket from "ws";

const url = process.argv[2];

async function connect(protocol) {
  const socket = new WebSocket(url, protocol);
  const waiting = [];
  const wanted = [];
  socket.on("message", data => {
    const message = JSON.parse(data.toString());
    wanted.length > 0 ? wanted.shift()(message) : waiting.push(message);
  });
  await once(socket, "open");
  assert.equal(socket.protocol, protocol);
  return {
    socket,
    send: message => socket.send(JSON.stringify(message)),
    next: () => waiting.length > 0 ? waiting.shift() : new Promise(resolve => wanted.push(resolve)),
  };
}

const two = await connect("chat.v2");
two.send({ type: "join", id: 1, data: { room: "lobby", name: "Ann" } });
assert.deepEqual(await two.next(), { type: "reply", id: 1, data: { room: "lobby", members: ["Ann"] } });

const one = await connect("chat.v1");
const { type, data: { name } } = await two.next();
assert.equal(type, "joined");

two.send({ type: "say", id: "a", data: { room: "lobby", text: "from two" } });
assert.deepEqual(await two.next(), { type: "said", data: { room: "lobby", name: "Ann", text: "from two" } });
assert.deepEqual(await two.next(), { type: "reply", id: "a", data: {} });
assert.deepEqual(await one.next(), { type: "said", name: "Ann", text: "from two" });

one.send({ type: "say", text: "from one" });
assert.deepEqual(await one.next(), { type: "said", name, text: "from one" });
assert.deepEqual(await two.next(), { type: "said", data: { room: "lobby", name, text: "from one" } });

two.send({ type: "history", id: 2, data: { room: "lobby", count: 1 } });
assert.deepEqual(await two.next(), { type: "next", id: 2, data: { room: "lobby", name, text: "from one" } });
assert.deepEqual(await two.next(), { type: "complete", id: 2 });

two.send({ type: "dance", id: 3 });
const error = await two.next();
assert.deepEqual([error.type, error.id, error.code], ["error", 3, "unknown_message"]);

two.socket.ping("are you there?");
const [pong] = await once(two.socket, "pong");
assert.equal(pong.toString(), "are you there?");

one.socket.close(1000, "bye");
const [code] = await once(one.socket, "close");
assert.equal(code, 1000);
assert.deepEqual(await two.next(), { type: "left", data: { room: "lobby", name } });
two.socket.close();
await once(two.socket, "close");
console.log("all as it should be");
