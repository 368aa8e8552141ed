import type { Socket } from "socket.io";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { serveSockets, type SocketServer } from "./socketServer";

let server: SocketServer;
const refreshed = vi.fn();

beforeEach(async () => {
  server = await serveSockets();
  vi.resetModules();
  vi.stubEnv("VITE_TRADING_API_URL", server.url);
  refreshed.mockReset();
  vi.stubGlobal("fetch", () => {
    refreshed();
    return Promise.resolve(Response.json(token("second")));
  });
});

afterEach(async () => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
  await server.close();
});

function token(accessToken: string) {
  const user = { id: "usr_1", email: "a@b.c", emailVerified: true, roles: [], createdAt: "" };
  return { accessToken, expiresIn: 900, tokenType: "Bearer", user };
}

/** A socket of a client that has just been loaded and signed in. */
async function open(heard: { lost?: () => void; refused?: (code: string) => void } = {}) {
  const session = await import("~/api/session");
  session.beginSession(token("first"));
  const { openSocket } = await import("./socket");
  const connected = vi.fn();
  const socket = openSocket("/trading", { connected, lost: vi.fn(), listen: vi.fn(), ...heard });
  return { session, socket, connected };
}

it.each(["tooManyConnections", "unavailable", "forbidden", "tokenExpired"])(
  "comes back after it was refused with %s",
  async (code) => {
    const refusals = [code];
    server.io.of("/trading").use((_, next) => {
      const refusal = refusals.pop();
      next(refusal === undefined ? undefined : new Error(refusal));
    });
    const refused = vi.fn();
    const { socket, connected } = await open({ refused });
    await vi.waitFor(() => expect(connected).toHaveBeenCalledOnce(), { timeout: 5_000 });
    expect(refused).toHaveBeenCalledExactlyOnceWith(code);
    expect(refreshed).toHaveBeenCalledTimes(code === "tokenExpired" ? 1 : 0);
    socket.close();
  },
);

it("does not come back when its session was ended", async () => {
  server.io.of("/trading").use((_, next) => next(new Error("sessionRevoked")));
  const { session } = await open();
  await vi.waitFor(() => {
    expect(session.sessionState()).toEqual({ kind: "signedOut", reason: "sessionRevoked" });
  });
});

it("goes on with each new token, and with a new one after the old has expired", async () => {
  const opened: Socket[] = [];
  const prolonged = vi.fn();
  server.io.of("/trading").on("connection", (socket) => {
    opened.push(socket);
    socket.on("reauthenticate", prolonged);
  });
  const { session, socket, connected } = await open();
  await vi.waitFor(() => expect(connected).toHaveBeenCalledTimes(1));
  session.beginSession(token("next"));
  await vi.waitFor(() => expect(prolonged).toHaveBeenCalledWith({ token: "next" }));

  opened[0]?.emit("sessionExpired", { code: "tokenExpired" });
  opened[0]?.disconnect();
  await vi.waitFor(() => expect(connected).toHaveBeenCalledTimes(2), { timeout: 5_000 });
  expect(opened[1]?.handshake.auth).toEqual({ token: "second" });
  socket.close();
});

it("waits longer with each attempt, up to half a minute", async () => {
  const { waitMs } = await import("./socket");
  expect(waitMs(0)).toBeLessThanOrEqual(1_000);
  expect(waitMs(3)).toBeGreaterThan(waitMs(1));
  expect(waitMs(50)).toBeLessThanOrEqual(30_000);
});
