/**
 * A socket of one namespace that stays: it comes back with a token that is good whatever has ended
 * it, and gives up only when the session is over.
 */
import { io, type Socket } from "socket.io-client";
import { realtimeAddress } from "~/api/addresses";
import { accessToken, endSession, onUserGone, refresh, subscribeSession } from "~/api/session";

interface Heard {
  connected: () => void;
  lost: () => void;
  /** With the code by which the server has refused or ended it. */
  refused?: (code: string) => void;
  /** Takes up what it says; called once. */
  listen: (socket: Socket) => void;
}

export interface LastingSocket {
  /** Sends when it is connected; nothing is kept for later. */
  send: (event: string, ...data: unknown[]) => void;
  close: () => void;
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
const TOKEN_CODES = new Set(["tokenExpired", "tokenInvalid", "unauthenticated"]);

export function openSocket(namespace: "/trading" | "/admin", heard: Heard): LastingSocket {
  let isClosed = false;
  let attempts = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  /** The library tries again only what failed on the way, not what the server has refused. */
  const comeBack = () => {
    if (isClosed) return;
    timer ??= setTimeout(connectNow, waitMs(attempts++));
  };
  const connectNow = () => {
    clearTimeout(timer);
    timer = undefined;
    if (!isClosed) socket.connect();
  };
  const refused = async (code: string) => {
    heard.refused?.(code);
    if (code === "sessionRevoked") return endSession(code);
    if (TOKEN_CODES.has(code)) await refresh();
    if (!socket.active) comeBack();
  };
  const prolong = async () => {
    const token = await accessToken();
    if (token !== undefined && socket.connected) socket.emit("reauthenticate", { token });
  };
  const close = () => {
    isClosed = true;
    clearTimeout(timer);
    window.removeEventListener("online", connectNow);
    stopProlonging();
    stopForgetting();
    socket.removeAllListeners();
    socket.disconnect();
  };
  window.addEventListener("online", connectNow);
  const stopProlonging = subscribeSession(() => void prolong());
  // What it would still bring is not for whoever comes next.
  const stopForgetting = onUserGone(close);

  const { url, path } = realtimeAddress(namespace);
  const socket = io(url, {
    path,
    auth: (give) => void accessToken().then((token) => give({ token })),
    transports: ["websocket", "polling"],
    reconnectionDelayMax: 5_000,
  });
  const connected = () => {
    attempts = 0;
    heard.connected();
  };
  attend(socket, { ...heard, connected, comeBack, refused: (code) => void refused(code) });
  heard.listen(socket);
  return {
    send: (event, ...data) => {
      if (socket.connected) socket.emit(event, ...data);
    },
    close,
  };
}

interface Turns extends Heard {
  comeBack: () => void;
  refused: (code: string) => void;
}

/** Hears what becomes of a socket. */
function attend(socket: Socket, turns: Turns): void {
  socket.on("connect", turns.connected);
  socket.on("disconnect", (reason) => {
    turns.lost();
    if (reason === "io server disconnect") turns.comeBack();
  });
  socket.on("connect_error", ({ message }) => {
    turns.lost();
    // What failed on the way is no word of the server.
    if (!socket.active) turns.refused(message);
  });
  socket.on("sessionExpired", ({ code }: { code: string }) => turns.refused(code));
}

/** Twice as long with each attempt in a row, and never two browsers at the same instant. */
export function waitMs(attempts: number): number {
  const wait = Math.min(FIRST_WAIT_MS * 2 ** attempts, LONGEST_WAIT_MS);
  return wait * (0.75 + Math.random() / 4);
}
