/** What profiles were worth over a span, or what they have made in it. */
import { SegmentedControl } from "@mantine/core";
import type { Performance } from "~/api/types";
import { moneyIn, signedMoney } from "~/format/number";
import { LineChart } from "./LineChart";
import { mostOf, profitCurve, type CurveKind } from "./profitCurve";
import { RANGE_WORDS, type Range } from "./range";

interface WorthCurveProps {
  kind: CurveKind;
  performance: Pick<Performance, "currency" | "points">;
  range: Range;
  height: number;
}

export function WorthCurve({ kind, performance, range, height }: WorthCurveProps) {
  const { currency, points } = performance;
  const isProfit = kind === "profit";
  const title = isProfit ? "Profit" : "Equity";
  return (
    <LineChart
      label={`${title} in ${currency}, ${RANGE_WORDS[range].toLowerCase()}`}
      points={
        isProfit ? profitCurve(points) : points.map(({ at, equity }) => ({ at, value: equity }))
      }
      of={mostOf(points)}
      isChange={isProfit}
      height={height}
      format={(value) =>
        isProfit ? `${signedMoney(value, currency)} ${currency}` : moneyIn(value, currency)
      }
    />
  );
}

export function CurveChoice(props: { value: CurveKind; onChange: (kind: CurveKind) => void }) {
  return (
    <SegmentedControl
      aria-label="Curve"
      size="xs"
      data={[
        { value: "equity", label: "Equity" },
        { value: "profit", label: "Profit" },
      ]}
      value={props.value}
      onChange={props.onChange}
    />
  );
}
