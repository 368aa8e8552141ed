import type { BacktestRequest } from "~/api/types";

/** The symbols of a run: those that it names, or those of its strategy. */
export function requestSymbols(request: BacktestRequest): string[] {
  if (request.symbols !== undefined) return request.symbols;
  const { symbols } = request.strategyConfig;
  return Array.isArray(symbols) ? symbols.map(String) : [];
}
