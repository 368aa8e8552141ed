import { createRoot } from "react-dom/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { serveSockets, type SocketServer } from "~/realtime/socketServer";
import type { Tenants } from "./useTenants";

let server: SocketServer;

beforeEach(async () => {
  server = await serveSockets();
  vi.stubEnv("VITE_TRADING_API_URL", server.url);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
});

const row = { tenantId: "t", running: true, seq: 1, profiles: 3, openPositions: 0 };

it("follows what is pushed, and calls it old while the connection is away", async () => {
  const admins = server.io.of("/admin");
  admins.on("connection", (socket) => socket.emit("state", { tenants: [row], states: [] }));
  const { useTenants } = await import("./useTenants");
  let shown: Tenants | undefined;
  function Showing() {
    shown = useTenants();
    return null;
  }
  const root = createRoot(document.createElement("div"));
  root.render(<Showing />);
  const shows = (expected: object) =>
    vi.waitFor(() => expect(shown).toMatchObject(expected), { timeout: 4_000 });
  await shows({ tenants: [row], isOld: false });

  admins.emit("tenants", [{ ...row, seq: 2, openPositions: 1 }]);
  await shows({ tenants: [{ seq: 2, openPositions: 1 }], isOld: false });

  admins.disconnectSockets();
  await shows({ tenants: [{ seq: 2 }], isOld: true });
  await shows({ tenants: [row], isOld: false });
  root.unmount();
});
