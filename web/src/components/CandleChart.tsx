/** Candles with what a profile did and waits for: fills, levels and its indicators. */
import { useMantineColorScheme } from "@mantine/core";
import {
  CandlestickSeries,
  createChart,
  createSeriesMarkers,
  HistogramSeries,
  LineSeries,
  LineType,
  type IChartApi,
  type ISeriesApi,
  type SeriesMarker,
  type UTCTimestamp,
} from "lightweight-charts";
import { useEffect, useRef, useState } from "react";
import { usePreferences } from "~/app/preferences";
import type { Candles, PositionRow } from "~/api/types";
import { decimalsOf } from "~/format/decimal";
import { indicatorValue, price } from "~/format/number";
import { timeframeSeconds } from "~/format/time";
import { plural } from "~/format/words";
import { useIsOld, useSymbol } from "~/realtime/hooks";
import { OldMark } from "./OldMark";
import { useLevels } from "./chartLevels";
import { chartColours, chartOptions, type ChartColours, type Drawn } from "./chartLook";
import { levelsOf, type Fill } from "./tradeMarks";
import classes from "./CandleChart.module.css";

interface CandleChartProps {
  candles: Candles;
  tick: string;
  positions: PositionRow[];
  fills: Fill[];
  className?: string;
}

const BAR_WIDTH = 8;

export function CandleChart({ candles, tick, positions, fills, className }: CandleChartProps) {
  const element = useRef<HTMLDivElement>(null);
  const [drawn, setDrawn] = useState<Drawn>();
  const { colorScheme } = useMantineColorScheme();
  const { profitColours, timeZone } = usePreferences();
  const overlays = candles.indicators.map(({ expression }) => expression).join("|");

  useEffect(() => {
    if (element.current === null) return;
    const colours = chartColours();
    const chart = createChart(element.current, chartOptions(colours, timeZone));
    const precision = Math.max(2, decimalsOf(tick));
    const bars = chart.addSeries(CandlestickSeries, {
      upColor: colours.profit,
      downColor: colours.loss,
      wickUpColor: colours.profit,
      wickDownColor: colours.loss,
      borderVisible: false,
      priceFormat: {
        type: "custom",
        minMove: 10 ** -precision,
        formatter: (value: number) => price(value.toFixed(precision), tick),
      },
    });
    const made: Drawn = { chart, bars, colours, isGone: false };
    setDrawn(made);
    return () => {
      made.isGone = true;
      setDrawn(undefined);
      chart.remove();
    };
  }, [colorScheme, profitColours, timeZone, tick, candles.symbol, candles.timeframe, overlays]);

  const isOld = useIsOld(candles.symbol);
  useBars(drawn, candles, tick);
  useAge(drawn, isOld);
  useLiveBar(drawn, candles);
  useLevels(drawn, positions, tick);
  useFills(drawn, candles, fills);

  const last = candles.bars.at(-1);
  const summary =
    last === undefined
      ? `${candles.symbol}: no bars yet`
      : [
          `${candles.symbol}, ${candles.timeframe} bars, last close ${price(last.close, tick)}`,
          ...positions.flatMap(levelsOf).map((each) => `${each.title} ${price(each.price, tick)}`),
          ...(fills.length === 0 ? [] : [`${plural(fills.length, "fill")} marked`]),
        ].join(", ");
  return (
    <div className={`${classes.frame} ${className ?? ""}`}>
      <div ref={element} className={classes.chart} role="img" aria-label={summary} />
      {isOld ? (
        <div className={classes.age} role="status">
          <OldMark symbol={candles.symbol} /> No new price of {candles.symbol} comes in.
        </div>
      ) : null}
      {drawn === undefined ? null : (
        <ul className={classes.legend} aria-label="Indicators">
          {candles.indicators.map(({ expression }, index) => (
            <li key={expression}>
              <i style={{ background: drawn.colours.overlay(index) }} />
              {expression}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function useBars(drawn: Drawn | undefined, candles: Candles, tick: string): void {
  const extra = useRef<{ owner: Drawn; series: ISeriesApi<"Line" | "Histogram">[] }>(undefined);
  useEffect(() => {
    if (drawn === undefined) return;
    const { chart, bars, colours } = drawn;
    bars.setData(
      candles.bars.map((bar) => ({
        time: stamp(bar.openTime),
        open: Number(bar.open),
        high: Number(bar.high),
        low: Number(bar.low),
        close: Number(bar.close),
      })),
    );
    if (extra.current?.owner !== drawn) {
      extra.current = { owner: drawn, series: addExtra(chart, candles, colours, tick) };
      chart.timeScale().setVisibleLogicalRange(lastBars(chart, candles.bars.length));
    }
    const [volume, ...overlays] = extra.current.series;
    volume?.setData(
      candles.bars.map(({ openTime, volume: traded }) => ({
        time: stamp(openTime),
        value: Number(traded),
      })),
    );
    for (const [index, { values }] of candles.indicators.entries()) {
      overlays[index]?.setData(
        candles.bars.map(({ openTime }, bar) => {
          const value = values[bar];
          return value === null || value === undefined
            ? { time: stamp(openTime) }
            : { time: stamp(openTime), value };
        }),
      );
    }
  }, [drawn, candles, tick]);
}

/** As many bars as can be told apart in the width. */
function lastBars(chart: IChartApi, count: number): { from: number; to: number } {
  const width = chart.options().width || chart.chartElement().clientWidth;
  return { from: count - Math.max(30, Math.round(width / BAR_WIDTH)), to: count + 5 };
}

/** By how much an indicator may be finer than the prices. */
const FINER = 1_000;

/** Whether it stays until another bar counts: an extreme, or a longer timeframe's value. */
function isStepped(expression: string): boolean {
  return /^(highest|lowest|tf)\(/.test(expression);
}

/** The volume, then a line per indicator: on the price, or in a pane of its own. */
function addExtra(
  chart: IChartApi,
  candles: Candles,
  colours: ChartColours,
  tick: string,
): ISeriesApi<"Line" | "Histogram">[] {
  const volume = chart.addSeries(HistogramSeries, {
    priceScaleId: "volume",
    color: colours.volume,
    priceFormat: { type: "volume" },
    lastValueVisible: false,
    priceLineVisible: false,
  });
  volume.priceScale().applyOptions({ scaleMargins: { top: 0.86, bottom: 0 } });
  let panes = 1;
  const overlays = candles.indicators.map(({ expression, onPrice }, index) => {
    const pane = onPrice ? 0 : panes++;
    const options = {
      color: colours.overlay(index),
      lineWidth: 1 as const,
      lineType: isStepped(expression) ? LineType.WithSteps : LineType.Simple,
      priceFormat: {
        type: "custom" as const,
        minMove: Number(tick) / FINER,
        formatter: (value: number) => indicatorValue(value, tick),
      },
      priceLineVisible: false,
      lastValueVisible: !onPrice,
      crosshairMarkerVisible: false,
    };
    return chart.addSeries(LineSeries, options, pane);
  });
  for (const [index, pane] of chart.panes().entries()) pane.setStretchFactor(index === 0 ? 4 : 1);
  return [volume, ...overlays];
}

/** Moves the last bar with the last price, until the server has the bar's close. */
function useLiveBar(drawn: Drawn | undefined, candles: Candles): void {
  const symbol = useSymbol(candles.symbol);
  const forming = useRef<{ time: number; open: number; high: number; low: number }>(undefined);
  const { price: last, at } = symbol ?? {};
  useEffect(() => {
    const bar = candles.bars.at(-1);
    if (drawn === undefined || bar === undefined || last === undefined || at === undefined) return;
    const seconds = timeframeSeconds(candles.timeframe);
    const time = Math.floor(Date.parse(at) / 1000 / seconds) * seconds;
    const known = Math.floor(Date.parse(bar.openTime) / 1000);
    if (time < known || seconds >= 86_400) return;
    const value = Number(last);
    const start =
      time === known
        ? { open: Number(bar.open), high: Number(bar.high), low: Number(bar.low) }
        : { open: value, high: value, low: value };
    const before = forming.current?.time === time ? forming.current : { time, ...start };
    const now = { ...before, high: Math.max(before.high, value), low: Math.min(before.low, value) };
    forming.current = now;
    drawn.bars.update({ ...now, time: time as UTCTimestamp, close: value });
  }, [drawn, candles, last, at]);
}

/** The line of an old last price is grey: nobody has traded there since. */
function useAge(drawn: Drawn | undefined, isOld: boolean): void {
  useEffect(() => {
    const priceLineColor = isOld ? drawn?.colours.muted : "";
    drawn?.bars.applyOptions({ priceLineColor });
  }, [drawn, isOld]);
}

function useFills(drawn: Drawn | undefined, candles: Candles, fills: Fill[]): void {
  useEffect(() => {
    const first = candles.bars[0];
    if (drawn === undefined || first === undefined) return;
    const seconds = timeframeSeconds(candles.timeframe);
    const since = Math.floor(Date.parse(first.openTime) / 1000);
    const markers = fills
      .map(({ at, buys, enters }): SeriesMarker<UTCTimestamp> => ({
        time: (Math.floor(Date.parse(at) / 1000 / seconds) * seconds) as UTCTimestamp,
        position: buys ? "belowBar" : "aboveBar",
        shape: buys ? "arrowUp" : "arrowDown",
        color: enters ? drawn.colours.accent : drawn.colours.muted,
        text: enters ? "Enter" : "Exit",
      }))
      .filter(({ time }) => time >= since)
      .sort((a, b) => a.time - b.time);
    const plugin = createSeriesMarkers(drawn.bars, markers);
    return () => {
      if (!drawn.isGone) plugin.detach();
    };
  }, [drawn, candles, fills]);
}

function stamp(instant: string): UTCTimestamp {
  return Math.floor(Date.parse(instant) / 1000) as UTCTimestamp;
}
