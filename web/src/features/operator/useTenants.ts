/** Every tenant's state, from the operators' namespace. */
import { useEffect, useState } from "react";
import type { Socket } from "socket.io-client";
import { realtimeAddress } from "~/api/addresses";
import { accessToken } from "~/api/session";

export interface TenantRow {
  tenantId: string;
  running: boolean;
  error?: string;
  seq: number;
  profiles: number;
  openPositions: number;
}

interface Tenants {
  /** Undefined until the first answer. */
  tenants: TenantRow[] | undefined;
  /** The code with which the connection was refused. */
  refused: string | undefined;
}

/** A gap in a tenant's sequence asks for the list anew, at most this often. */
const RESYNC_MS = 1_000;

export function useTenants(): Tenants {
  const [tenants, setTenants] = useState<TenantRow[]>();
  const [refused, setRefused] = useState<string>();
  useEffect(() => {
    let socket: Socket | undefined;
    let ended = false;
    let resync: ReturnType<typeof setTimeout> | undefined;
    void import("socket.io-client").then(({ io }) => {
      if (ended) return;
      const { url, path } = realtimeAddress("/admin");
      socket = io(url, {
        path,
        auth: (give) => void accessToken().then((token) => give({ token })),
        transports: ["websocket", "polling"],
      });
      socket.on("connect", () => setRefused(undefined));
      socket.on("connect_error", ({ message }) => setRefused(message));
      socket.on("state", ({ tenants: rows }: { tenants: TenantRow[] }) => setTenants(rows));
      // Rows of other tenants are not kept here; what changed is asked for as a whole.
      socket.on("event", () => {
        resync ??= setTimeout(() => {
          resync = undefined;
          socket?.emit("resync");
        }, RESYNC_MS);
      });
    });
    return () => {
      ended = true;
      clearTimeout(resync);
      socket?.disconnect();
    };
  }, []);
  return { tenants, refused };
}
