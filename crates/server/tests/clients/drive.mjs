// Sockets of the stock client, driven by lines of JSON on the standard input:
//   {"do": "open", "client": "a", "url": ..., "namespace": "/trading", "transport": "polling"}
// What each client hears is a line of JSON on the standard output: {client, event, data, at}.
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import http from "node:http";
import net from "node:net";
import readline from "node:readline";
import { io } from "socket.io-client";
import WebSocket from "ws";

const sockets = new Map();
const tokens = new Map();

function tell(client, event, data) {
  const at = performance.now();
  process.stdout.write(`${JSON.stringify({ client, event, data: data ?? null, at })}\n`);
}

const acts = {
  open({ client, url, path, namespace, transport, token }) {
    tokens.set(client, token);
    const socket = io(url + namespace, {
      path: path ?? "/socket.io",
      transports: [transport],
      auth: (give) => give(tokens.has(client) ? { token: tokens.get(client) } : {}),
      forceNew: true,
      reconnectionDelay: 100,
      reconnectionDelayMax: 500,
    });
    socket.on("connect", () => tell(client, "connect"));
    socket.on("connect_error", (error) => tell(client, "connect_error", error.message));
    socket.on("disconnect", (reason) => tell(client, "disconnect", reason));
    socket.onAny((event, data) => tell(client, event, data));
    sockets.set(client, socket);
  },
  token({ client, token }) {
    tokens.set(client, token);
  },
  emit({ client, event, data, times }) {
    for (let time = 0; time < (times ?? 1); time += 1) sockets.get(client).emit(event, data);
  },
  ask({ client, event, data }) {
    sockets.get(client).emit(event, data, (answer) => tell(client, "answer", answer));
  },
  large({ client, event, bytes, binary }) {
    const data = binary ? Buffer.alloc(bytes) : "x".repeat(bytes);
    sockets.get(client).emit(event, data);
  },
  close({ client }) {
    sockets.get(client).disconnect();
  },
  // A websocket without a client around it, which says what no client would.
  raw({ client, url, say, bytes }) {
    const address = `${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`;
    const socket = new WebSocket(address);
    socket.on("open", () => {
      for (const text of say) socket.send(text);
      if (bytes !== undefined) socket.send(Buffer.alloc(bytes));
    });
    socket.on("message", (data) => tell(client, "frame", data.toString()));
    socket.on("close", () => tell(client, "closed"));
    socket.on("error", () => {});
    sockets.set(client, socket);
  },
  write({ client, text }) {
    sockets.get(client).send(text);
  },
  // It takes nothing any more of what it is sent.
  pause({ client }) {
    sockets.get(client).pause();
  },
  resume({ client }) {
    sockets.get(client).resume();
  },
  sign({ client, secret, claims }) {
    const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
    const signature = createHmac("sha256", secret).update(signed).digest("base64url");
    tell(client, "signed", `${signed}.${signature}`);
  },
  // A reverse proxy that has the server below a path of its own.
  proxy({ client, url, prefix }) {
    const { hostname, port } = new URL(url);
    const inner = (request) => request.url.slice(prefix.length);
    const server = http.createServer((request, response) => {
      const { method, headers } = request;
      const options = { hostname, port, method, headers, path: inner(request) };
      const onward = http.request(options, (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      });
      onward.on("error", () => response.destroy());
      request.pipe(onward);
    });
    server.on("upgrade", (request, socket) => {
      const onward = net.connect(Number(port), hostname, () => {
        const lines = request.rawHeaders.map((word, at) => (at % 2 ? `${word}\r\n` : `${word}: `));
        onward.write(`GET ${inner(request)} HTTP/1.1\r\n${lines.join("")}\r\n`);
        socket.pipe(onward).pipe(socket);
      });
      onward.on("error", () => socket.destroy());
      socket.on("error", () => onward.destroy());
    });
    server.listen(0, "127.0.0.1", () => {
      tell(client, "listens", `http://127.0.0.1:${server.address().port}`);
    });
  },
};

const lines = readline.createInterface({ input: process.stdin });
for await (const line of lines) {
  const act = JSON.parse(line);
  acts[act.do](act);
}
process.exit(0);
