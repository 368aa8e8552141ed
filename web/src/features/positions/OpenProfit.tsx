/** What a position makes at its last price; without colour when that is old. */
import type { PositionRow } from "~/api/types";
import { Profit } from "~/components/Amount";
import { useIsOld, usePosition } from "~/realtime/hooks";

interface OpenProfitProps extends Pick<PositionRow, "tradeId" | "symbol"> {
  showsPercent?: boolean;
}

export function OpenProfit({ tradeId, symbol, showsPercent = true }: OpenProfitProps) {
  const position = usePosition(tradeId);
  const isOld = useIsOld(symbol);
  return (
    <span className={isOld ? "old" : undefined}>
      <Profit
        value={position?.unrealizedPnl}
        percent={showsPercent ? position?.unrealizedPct : undefined}
        currency={position?.currency}
        flashes
      />
    </span>
  );
}
