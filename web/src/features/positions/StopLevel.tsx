/** Where the stop of a position stands; of a short without one, where it is liquidated. */
import type { PositionRow } from "~/api/types";
import { stopOf } from "~/components/tradeMarks";
import { price } from "~/format/number";
import { spoken } from "~/format/words";
import { useTickSize } from "~/realtime/hooks";
import classes from "./Positions.module.css";

interface StopLevelProps extends Pick<PositionRow, "symbol" | "stop"> {
  /** How it says that there is none, within a sentence. */
  none?: string;
}

export function StopLevel({ symbol, stop, none = "None" }: StopLevelProps) {
  const tick = useTickSize(symbol);
  const own = stopOf({ stop });
  if (own !== undefined) return <span title={spoken(own.kind)}>{price(own.level, tick)}</span>;
  return (
    <>
      <span className={classes.missing}>{none}</span>
      {stop === undefined ? null : (
        <small className={classes.liquidation}>liquidated at {price(stop.level, tick)}</small>
      )}
    </>
  );
}
