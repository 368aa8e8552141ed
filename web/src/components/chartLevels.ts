/** The levels of what is held on a chart: as lines, and at its edge where they lie beyond it. */
import {
  LineStyle,
  type AutoscaleInfo,
  type IPrimitivePaneRenderer,
  type ISeriesApi,
  type ISeriesPrimitive,
} from "lightweight-charts";
import { useEffect } from "react";
import type { PositionRow } from "~/api/types";
import { price } from "~/format/number";
import type { Drawn } from "./chartLook";
import { levelsOf, rangeWith, type Level } from "./tradeMarks";

interface Line {
  value: number;
  text: string;
  color: string;
}

/** A line for the entry, the stop and each open target. */
export function useLevels(drawn: Drawn | undefined, positions: PositionRow[], tick: string): void {
  useEffect(() => {
    if (drawn === undefined) return;
    const { bars, colours } = drawn;
    const looks: Record<Level["kind"], { color: string; lineStyle: LineStyle }> = {
      entry: { color: colours.muted, lineStyle: LineStyle.Solid },
      stop: { color: colours.loss, lineStyle: LineStyle.Dashed },
      target: { color: colours.profit, lineStyle: LineStyle.Dashed },
    };
    const levels = positions.flatMap(levelsOf);
    const drawnLines = levels.map(({ kind, price: level, title }) =>
      bars.createPriceLine({
        ...looks[kind],
        price: Number(level),
        title,
        lineWidth: 1,
        axisLabelVisible: true,
      }),
    );
    const lines = levels.map(({ kind, price: level, title }): Line => ({
      value: Number(level),
      text: `${title} ${price(level, tick)}`,
      color: looks[kind].color,
    }));
    const values = lines.map(({ value }) => value);
    bars.applyOptions({
      autoscaleInfoProvider: (original: () => AutoscaleInfo | null) => {
        const info = original();
        if (!info?.priceRange) return info;
        const { minValue, maxValue } = info.priceRange;
        const [least, most] = rangeWith([minValue, maxValue], values);
        return { ...info, priceRange: { minValue: least, maxValue: most } };
      },
    });
    const edge = edgeOf(bars, lines, colours.surface);
    bars.attachPrimitive(edge);
    return () => {
      if (drawn.isGone) return;
      bars.detachPrimitive(edge);
      for (const each of drawnLines) bars.removePriceLine(each);
    };
  }, [drawn, positions, tick]);
}

const FONT = "11px 'Inter Variable', system-ui, sans-serif";
const ROW = 18;
const PAD = 6;

/** Names each level that lies above or below what is shown, and says which way. */
function edgeOf(
  series: ISeriesApi<"Candlestick">,
  lines: readonly Line[],
  surface: string,
): ISeriesPrimitive {
  const renderer: IPrimitivePaneRenderer = {
    draw: (target) =>
      target.useMediaCoordinateSpace(({ context, mediaSize: { width, height } }) => {
        const rows = { above: 0, below: 0 };
        context.font = FONT;
        context.textAlign = "right";
        context.textBaseline = "middle";
        for (const { value, text, color } of lines) {
          const y = series.priceToCoordinate(value);
          if (y === null || (y >= 0 && y <= height)) continue;
          const way = y < 0 ? "above" : "below";
          const offset = (rows[way]++ + 0.5) * ROW + PAD;
          const middle = way === "above" ? offset : height - offset;
          const label = `${text} ${way === "above" ? "↑" : "↓"}`;
          const wide = context.measureText(label).width + 2 * PAD;
          context.fillStyle = surface;
          context.fillRect(width - wide - PAD, middle - ROW / 2, wide, ROW);
          context.fillStyle = color;
          context.fillText(label, width - 2 * PAD, middle);
        }
      }),
  };
  return { paneViews: () => [{ zOrder: () => "top", renderer: () => renderer }] };
}
