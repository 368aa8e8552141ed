/** A server of sockets for tests, of the protocol's own implementation. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";

export interface SocketServer {
  url: string;
  io: Server;
  close: () => Promise<void>;
}

export async function serveSockets(): Promise<SocketServer> {
  const http = createServer();
  const io = new Server(http, { cors: { origin: true, credentials: true } });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, io, close: () => io.close() };
}
