/** A curve over time with a read-out under the pointer; drawn by us, so that it costs nothing. */
import { useElementSize } from "@mantine/hooks";
import { useMemo, useState } from "react";
import { compact, fixed, signedFixed } from "~/format/number";
import { day, shortTime } from "~/format/time";
import classes from "./LineChart.module.css";

export interface Point {
  at: string;
  /** As it is shown; its position is computed from it. */
  value: string;
}

interface LineChartProps {
  points: Point[];
  height: number;
  label: string;
  format: (value: string) => string;
  /** What the values are changes of: a tiny part of it is no mountain. */
  of: string;
  /** Whether they are changes, which have a sign and a zero line. */
  isChange: boolean;
}

const MARGIN = { top: 8, right: 60, bottom: 22, left: 0 };
const MOST_TICKS = 5;

export function LineChart(props: LineChartProps) {
  const { points, height, label, format, of, isChange } = props;
  const { ref, width } = useElementSize();
  const [hovered, setHovered] = useState<number>();
  const scale = useMemo(
    () => scaleOf({ points, of, isChange, width, height }),
    [points, of, isChange, width, height],
  );
  const last = points.at(-1);
  const shown = hovered === undefined ? undefined : points[hovered];
  const summary =
    last === undefined ? label : `${label}: ${format(last.value)} at ${shortTime(last.at)}`;
  return (
    <div ref={ref} className={classes.chart} style={{ height }}>
      {width > 0 && scale !== undefined ? (
        <svg
          width={width}
          height={height}
          role="img"
          aria-label={summary}
          onPointerMove={({ clientX, currentTarget }) => {
            const x = clientX - currentTarget.getBoundingClientRect().left;
            setHovered(nearest(points, scale.timeAt(x)));
          }}
          onPointerLeave={() => setHovered(undefined)}
        >
          {scale.ticks.map(({ y, text, isZero }) => (
            <g key={y}>
              <line
                className={isZero ? classes.zero : classes.grid}
                x1={0}
                x2={scale.right}
                y1={y}
                y2={y}
              />
              <text className={classes.axis} x={scale.right + 8} y={y + 4}>
                {text}
              </text>
            </g>
          ))}
          <path className={classes.area} d={scale.area} />
          <path className={classes.line} d={scale.line} />
          <TimeAxis points={points} right={scale.right} height={height} />
          {hovered === undefined || shown === undefined ? null : (
            <Cursor x={scale.x(hovered)} y={scale.y(hovered)} height={height} />
          )}
        </svg>
      ) : null}
      {shown === undefined ? null : (
        <div className={classes.reading} aria-hidden>
          <strong className="number">{format(shown.value)}</strong>
          <span className="muted">{shortTime(shown.at)}</span>
        </div>
      )}
    </div>
  );
}

function TimeAxis(props: { points: Point[]; right: number; height: number }) {
  const { points, right, height } = props;
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined) return null;
  const isShort = Date.parse(last.at) - Date.parse(first.at) < 2 * 86_400_000;
  const text = isShort ? shortTime : day;
  return (
    <>
      <text className={classes.axis} x={0} y={height - 4}>
        {text(first.at)}
      </text>
      <text className={classes.axis} x={right} y={height - 4} textAnchor="end">
        {text(last.at)}
      </text>
    </>
  );
}

function Cursor({ x, y, height }: { x: number; y: number; height: number }) {
  return (
    <>
      <line className={classes.cursor} x1={x} x2={x} y1={MARGIN.top} y2={height - MARGIN.bottom} />
      <circle className={classes.dot} cx={x} cy={y} r={3.5} />
    </>
  );
}

/** The point whose time is nearest; the points are in order. */
export function nearest(points: readonly Point[], time: number): number {
  let [low, high] = [0, points.length - 1];
  const timeOf = (index: number) => Date.parse(points[index]?.at ?? "");
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (timeOf(middle) <= time) low = middle;
    else high = middle;
  }
  return time - timeOf(low) <= timeOf(high) - time ? low : high;
}

/** The least part of what changes that the axis spans. */
const LEAST_SPAN = 0.001;

/** A value that does not change gives no points: after so long it has stood until the next one. */
const FLAT_AFTER_MS = 90_000;

interface Scaled extends Pick<LineChartProps, "points" | "of" | "isChange" | "height"> {
  width: number;
}

function scaleOf({ points, of, isChange, width, height }: Scaled) {
  if (points.length === 0 || width === 0) return undefined;
  // Only pixels are computed in floats; the texts are shown as they came.
  const values = points.map(({ value }) => Number(value));
  const times = points.map(({ at }) => Date.parse(at));
  const shown = isChange ? [0, ...values] : values;
  const [least, most] = [Math.min(...shown), Math.max(...shown)];
  // A level line stands in the middle.
  const span = Math.max(most - least, Math.abs(Number(of)) * LEAST_SPAN, 0.02);
  const low = (least + most - span) / 2;
  const right = Math.max(width - MARGIN.right, 1);
  const bottom = height - MARGIN.bottom;
  const begun = times[0] ?? 0;
  const length = Math.max((times.at(-1) ?? 0) - begun, 1);
  const x = (index: number) =>
    points.length === 1 ? right : (((times[index] ?? begun) - begun) / length) * right;
  const at = (value: number) => bottom - ((value - low) / span) * (bottom - MARGIN.top - 6) - 3;
  const y = (index: number) => at(values[index] ?? low);
  const line = times
    .map((time, index) => {
      if (index === 0) return `M${x(0)} ${y(0)}`;
      const isFlat = time - (times[index - 1] ?? time) > FLAT_AFTER_MS;
      return `${isFlat ? `H${x(index)}` : ""}L${x(index)} ${y(index)}`;
    })
    .join("");
  const ticks = ticksOf(low, span, isChange).map(({ value, text }) => ({
    y: at(value),
    text,
    isZero: isChange && value === 0,
  }));
  const base = isChange ? at(0) : bottom;
  const timeAt = (px: number) => begun + (px / right) * length;
  return { x, y, timeAt, right, line, area: `${line}L${right} ${base}L0 ${base}Z`, ticks };
}

/** Round values over the axis; zero is among those of changes. */
export function ticksOf(
  low: number,
  span: number,
  isChange: boolean,
): { value: number; text: string }[] {
  const rough = span / MOST_TICKS;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * magnitude).find((each) => each >= rough) ?? rough;
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  const first = Math.ceil(low / step);
  const last = Math.floor((low + span) / step);
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const value = (first + index) * step;
    return { value, text: axisText(value, digits, isChange) };
  });
}

function axisText(value: number, digits: number, isChange: boolean): string {
  if (Math.abs(value) >= 1_000_000) return compact(value);
  return isChange ? signedFixed(value, digits) : fixed(value, digits);
}
