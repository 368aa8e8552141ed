/** What components read of the store; each re-renders for its own keys only. */
import { useMemo, useSyncExternalStore } from "react";
import type {
  AlertRow,
  EvaluationRow,
  OrderRow,
  PositionRow,
  ProfileRow,
  SymbolRow,
  TradeRow,
} from "~/api/types";
import { connectionState, subscribeConnection, type ConnectionState } from "./connection";
import { evaluationKey, type LiveState } from "./reducer";
import { live } from "./store";

function useLive<T>(keys: string, select: (state: LiveState) => T): T {
  const subscribe = useMemo(() => {
    const list = keys.split("\n");
    return (listener: () => void) => live.subscribe(list, listener);
  }, [keys]);
  return useSyncExternalStore(subscribe, () => select(live.state));
}

export const useProfile = (id: string): ProfileRow | undefined =>
  useLive(`profiles/${id}`, (state) => state.profiles[id]);

export const usePosition = (tradeId: string): PositionRow | undefined =>
  useLive(`positions/${tradeId}`, (state) => state.positions[tradeId]);

export const useOrder = (id: string): OrderRow | undefined =>
  useLive(`orders/${id}`, (state) => state.orders[id]);

export const useSymbol = (symbol: string): SymbolRow | undefined =>
  useLive(`symbols/${symbol}`, (state) => state.symbols[symbol]);

/** The step of its prices. It does not re-render with them. */
export const useTickSize = (symbol: string): string | undefined =>
  useLive(`symbols/${symbol}`, (state) => state.symbols[symbol]?.tick);

/** The step of its quantities. */
export const useLotSize = (symbol: string): string | undefined =>
  useLive(`symbols/${symbol}`, (state) => state.symbols[symbol]?.lot);

/** Whether its last price is old. */
export const useIsOld = (symbol: string): boolean =>
  useLive(`symbols/${symbol}`, (state) => state.symbols[symbol]?.stale === true);

/** When its last price was heard, by this browser's clock in milliseconds; zero when never. */
export const useHeardAt = (symbol: string): number =>
  useLive(`symbols/${symbol}`, (state) => state.heardAt[symbol] ?? 0);

/** Since when no prices come in at all; undefined while they do. */
export const useSilentSince = (): number | undefined =>
  useLive("silence", (state) => state.silentSince);

export const useEvaluation = (profileId: string, symbol: string): EvaluationRow | undefined =>
  useLive(
    `evaluations/${evaluationKey(profileId, symbol)}`,
    (state) => state.evaluations[evaluationKey(profileId, symbol)],
  );

export const useControl = () => useLive("control", (state) => state.control);
export const useHealth = () => useLive("health", (state) => state.health);
export const useServerSettings = () => useLive("settings", (state) => state.settings);
export const useHasState = () => useLive("first", (state) => state.seq >= 0);

/** Re-renders when a profile is added, removed or changed by an event, not by prices. */
export function useProfiles(): ProfileRow[] {
  const rows = useLive("profiles", (state) => state.profiles);
  return useMemo(() => Object.values(rows).sort((a, b) => a.name.localeCompare(b.name)), [rows]);
}

/** Re-renders with every mark of any profile or position: for totals. */
export function useMarkedProfiles(): ProfileRow[] {
  const rows = useLive("profiles\nmarks", (state) => state.profiles);
  return useMemo(() => Object.values(rows).sort((a, b) => a.name.localeCompare(b.name)), [rows]);
}

export function useMarkedPositions(): PositionRow[] {
  const rows = useLive("positions\nmarks", (state) => state.positions);
  return useMemo(() => Object.values(rows), [rows]);
}

export function usePositions(): PositionRow[] {
  const rows = useLive("positions", (state) => state.positions);
  return useMemo(
    () => Object.values(rows).sort((a, b) => b.openedAt.localeCompare(a.openedAt)),
    [rows],
  );
}

export function useOrders(): OrderRow[] {
  const rows = useLive("orders", (state) => state.orders);
  return useMemo(
    () => Object.values(rows).sort((a, b) => b.createdAt.localeCompare(a.createdAt)),
    [rows],
  );
}

export function useTrades(): TradeRow[] {
  const rows = useLive("trades", (state) => state.trades);
  return useMemo(
    () => Object.values(rows).sort((a, b) => b.closedAt.localeCompare(a.closedAt)),
    [rows],
  );
}

export function useAlerts(): AlertRow[] {
  const rows = useLive("alerts", (state) => state.alerts);
  return useMemo(() => Object.values(rows).sort((a, b) => b.at.localeCompare(a.at)), [rows]);
}

export function useSymbols(): string[] {
  const rows = useLive("symbolList", (state) => state.symbols);
  return useMemo(() => Object.keys(rows).sort(), [rows]);
}

/** When the day began, UTC, from which the server counts a day's profit. */
export const useDayStart = (): string =>
  useLive("seq\nmarks", ({ at }) => `${(at ?? new Date().toISOString()).slice(0, 10)}T00:00:00Z`);

export function useConnection(): ConnectionState {
  return useSyncExternalStore(subscribeConnection, connectionState);
}

/** Since when what is shown may have changed unheard; undefined while changes arrive. */
export function useOldSince(): string | undefined {
  const connection = useConnection();
  const isOld = connection.kind === "reconnecting" || connection.kind === "offline";
  return isOld ? new Date(connection.since).toISOString() : undefined;
}

/** Whether what a person asks for can reach the server. */
export function useCanAct(): boolean {
  const { kind } = useConnection();
  return kind === "live" || kind === "degraded";
}
