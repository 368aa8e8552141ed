/** A curve over time with a read-out under the pointer; drawn by us, so that it costs nothing. */
import { useElementSize } from "@mantine/hooks";
import { useMemo, useState } from "react";
import { compact } from "~/format/number";
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
  tone?: "accent" | "loss";
}

const MARGIN = { top: 8, right: 60, bottom: 22, left: 0 };
const TICKS = 4;

export function LineChart({ points, height, label, format, tone = "accent" }: LineChartProps) {
  const { ref, width } = useElementSize();
  const [hovered, setHovered] = useState<number>();
  const scale = useMemo(() => scaleOf(points, width, height), [points, width, height]);
  const last = points.at(-1);
  const shown = hovered === undefined ? undefined : points[hovered];
  const summary =
    last === undefined ? label : `${label}: ${format(last.value)} at ${shortTime(last.at)}`;
  return (
    <div ref={ref} className={classes.chart} style={{ height }} data-tone={tone}>
      {width > 0 && scale !== undefined ? (
        <svg
          width={width}
          height={height}
          role="img"
          aria-label={summary}
          onPointerMove={({ clientX, currentTarget }) => {
            const x = clientX - currentTarget.getBoundingClientRect().left;
            setHovered(nearest(x, scale.right, points.length));
          }}
          onPointerLeave={() => setHovered(undefined)}
        >
          {scale.ticks.map(({ y, text }) => (
            <g key={y}>
              <line className={classes.grid} x1={0} x2={scale.right} y1={y} y2={y} />
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

function nearest(x: number, right: number, count: number): number {
  const index = Math.round((x / right) * (count - 1));
  return Math.min(Math.max(index, 0), count - 1);
}

/** The least part of a value that the axis spans. */
const LEAST_SPAN = 0.001;

function scaleOf(points: Point[], width: number, height: number) {
  if (points.length === 0 || width === 0) return undefined;
  // Only pixels are computed in floats; the texts are shown as they came.
  const values = points.map(({ value }) => Number(value));
  const least = Math.min(...values);
  const most = Math.max(...values);
  // A level line stands in the middle, and a change of a ten-thousandth is no mountain.
  const span = Math.max(most - least, Math.abs(most) * LEAST_SPAN, 0.02);
  const low = (least + most - span) / 2;
  const right = Math.max(width - MARGIN.right, 1);
  const bottom = height - MARGIN.bottom;
  const x = (index: number) =>
    points.length === 1 ? right : (index / (points.length - 1)) * right;
  const at = (value: number) => bottom - ((value - low) / span) * (bottom - MARGIN.top - 6) - 3;
  const y = (index: number) => at(values[index] ?? low);
  const line = values
    .map((_, index) => `${index === 0 ? "M" : "L"}${x(index)} ${y(index)}`)
    .join("");
  const ticks = Array.from({ length: TICKS }, (_, index) => {
    const value = low + (span * index) / (TICKS - 1);
    return { y: at(value), text: axisText(value, span) };
  });
  return { x, y, right, line, area: `${line}L${right} ${bottom}L0 ${bottom}Z`, ticks };
}

function axisText(value: number, span: number): string {
  if (Math.abs(value) >= 1_000_000) return compact(value);
  const digits = span >= 20 ? 0 : span >= 2 ? 1 : 2;
  return value.toLocaleString(undefined, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}
