/** What trading costs: as the paper venue takes it, and as a run was asked for with. */
import type { BacktestRequest, VenueCosts } from "~/api/types";
import { compare } from "~/format/decimal";

const NONE: VenueCosts = { makerFeePct: "0", takerFeePct: "0", slippageBps: "0" };

/** What a request names; beside it the venue's on the market's data, and nothing on own files. */
export function costsOf(request: BacktestRequest, venue: VenueCosts | undefined): VenueCosts {
  const unnamed = request.data.source === "market" ? (venue ?? NONE) : NONE;
  const taker = request.takerFeePct ?? request.feePct;
  return {
    takerFeePct: taker ?? unnamed.takerFeePct,
    makerFeePct: request.makerFeePct ?? taker ?? unnamed.makerFeePct,
    slippageBps: request.slippageBps ?? unnamed.slippageBps,
  };
}

export function areEqual(one: VenueCosts, other: VenueCosts): boolean {
  return (
    compare(one.takerFeePct, other.takerFeePct) === 0 &&
    compare(one.makerFeePct, other.makerFeePct) === 0 &&
    compare(one.slippageBps, other.slippageBps) === 0
  );
}

export function feeWords({ takerFeePct, makerFeePct }: VenueCosts): string {
  return compare(takerFeePct, makerFeePct) === 0
    ? `fee ${takerFeePct} %`
    : `fee ${takerFeePct} %, ${makerFeePct} % on limit orders`;
}
