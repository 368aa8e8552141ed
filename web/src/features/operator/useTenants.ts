/** Every tenant's state, from the operators' namespace. */
import { useEffect, useState } from "react";
import { useNow } from "~/components/Time";
import { openSocket } from "~/realtime/socket";

export interface TenantRow {
  tenantId: string;
  running: boolean;
  error?: string;
  seq: number;
  profiles: number;
  openPositions: number;
}

interface Known {
  /** Undefined until the first answer. */
  tenants: TenantRow[] | undefined;
  /** When they were heard, by this browser's clock in milliseconds. */
  heardAt: number;
  isConnected: boolean;
  /** The code with which the connection was refused. */
  refused: string | undefined;
}

export interface Tenants extends Omit<Known, "isConnected"> {
  /** Whether the rows may have changed meanwhile without a word. */
  isOld: boolean;
}

/** The server tells of every tenant every two seconds. */
const OLD_AFTER_MS = 10_000;

const NOTHING: Known = { tenants: undefined, heardAt: 0, isConnected: false, refused: undefined };

export function useTenants(): Tenants {
  const [{ isConnected, ...known }, setKnown] = useState(NOTHING);
  const now = useNow();
  useEffect(() => {
    const change = (changes: Partial<Known>) => setKnown((before) => ({ ...before, ...changes }));
    const take = (tenants: TenantRow[]) =>
      change({ tenants, heardAt: Date.now(), isConnected: true, refused: undefined });
    const socket = openSocket("/admin", {
      // Lines are enough: the events of each tenant are its owner's.
      connected: () => socket.send("filter", { tenants: [] }),
      lost: () => change({ isConnected: false }),
      refused: (refused) => change({ refused }),
      listen: (opened) => {
        opened.on("state", ({ tenants }: { tenants: TenantRow[] }) => take(tenants));
        opened.on("tenants", take);
      },
    });
    return socket.close;
  }, []);
  const isOld = known.tenants !== undefined && (!isConnected || now - known.heardAt > OLD_AFTER_MS);
  return { ...known, isOld };
}
