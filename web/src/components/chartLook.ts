/** The candle chart in the colours of the theme, and in the chosen time zone. */
import {
  ColorType,
  CrosshairMode,
  type DeepPartial,
  type ChartOptions,
  type IChartApi,
  type ISeriesApi,
  type Time,
} from "lightweight-charts";

export interface ChartColours {
  text: string;
  muted: string;
  line: string;
  surface: string;
  profit: string;
  loss: string;
  accent: string;
  volume: string;
  overlay: (index: number) => string;
}

/** A chart that stands, with its candles. */
export interface Drawn {
  chart: IChartApi;
  bars: ISeriesApi<"Candlestick">;
  colours: ChartColours;
  /** Nothing may be taken off a chart that is gone. */
  isGone: boolean;
}

export function chartColours(): ChartColours {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => resolved(style.getPropertyValue(name).trim());
  const overlays = [
    read("--accent"),
    read("--warning"),
    "#a78bd6",
    "#5aa9c9",
    "#c98aa8",
    "#8fae5a",
  ];
  return {
    text: read("--text"),
    muted: read("--muted"),
    line: read("--line"),
    surface: read("--surface"),
    profit: read(style.getPropertyValue("--profit-name").trim() || "--teal"),
    loss: read(style.getPropertyValue("--loss-name").trim() || "--orange"),
    accent: read("--accent"),
    volume: `${read("--muted")}40`,
    overlay: (index) => overlays[index % overlays.length] ?? "#888888",
  };
}

function resolved(colour: string): string {
  return colour === "" ? "#888888" : colour;
}

export function chartOptions(colours: ChartColours, timeZone: string): DeepPartial<ChartOptions> {
  const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", timeZone });
  const date = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", timeZone });
  const exact = new Intl.DateTimeFormat(undefined, {
    dateStyle: "medium",
    timeStyle: "medium",
    timeZone,
  });
  const instant = (time: Time) => new Date(Number(time) * 1000);
  return {
    autoSize: true,
    layout: {
      background: { type: ColorType.Solid, color: colours.surface },
      textColor: colours.muted,
      fontFamily: "'Inter Variable', system-ui, sans-serif",
      fontSize: 11,
      attributionLogo: false,
      panes: { separatorColor: colours.line, separatorHoverColor: colours.line },
    },
    grid: { vertLines: { visible: false }, horzLines: { color: `${colours.line}99` } },
    crosshair: { mode: CrosshairMode.Normal },
    rightPriceScale: { borderColor: colours.line, scaleMargins: { top: 0.12, bottom: 0.16 } },
    timeScale: {
      borderColor: colours.line,
      timeVisible: true,
      secondsVisible: true,
      tickMarkFormatter: (time: Time, type: number) =>
        (type < 3 ? date : clock).format(instant(time)),
    },
    localization: { timeFormatter: (time: Time) => exact.format(instant(time)) },
    handleScale: { axisPressedMouseMove: true },
  };
}
