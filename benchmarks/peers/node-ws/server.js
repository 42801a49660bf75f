// npm ws on Node.js.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const subscribers = new Set();
const server = createServer((_, response) => response.writeHead(426).end());
const sockets = new WebSocketServer({ server, perMessageDeflate: false, maxPayload: 16 * 1024 * 1024 });

sockets.on('connection', (socket, request) => {
  switch (request.url) {
    case '/echo':
      socket.on('message', (data, binary) => socket.send(data, { binary }));
      break;
    case '/json':
      socket.on('message', data => {
        const { type, id, data: say } = JSON.parse(data);
        if (type === 'say') {
          socket.send(JSON.stringify({ type: 'reply', id, data: { room: say.room, text: say.text } }));
        }
      });
      break;
    case '/publish':
      socket.on('message', data => {
        for (const subscriber of subscribers) {
          subscriber.send(data, { binary: false });
        }
      });
      break;
    case '/subscribe':
      subscribers.add(socket);
      socket.on('close', () => subscribers.delete(socket));
      break;
  }
});
server.listen(9006, '127.0.0.1');
process.on('SIGCONT', () => global.gc?.());
