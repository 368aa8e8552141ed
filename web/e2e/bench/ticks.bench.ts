/**
 * How many frames a second Positions & orders draws under 1,000 prices a second. `npm run
 * bench:ticks` prints a row for each load.
 */
import { cpus, loadavg } from "node:os";
import { expect, test, type Page } from "@playwright/test";
import { EMAIL, PASSWORD } from "../server";
import { serveMarket, type Load } from "./market";

const SETTLE_MS = 5_000;
const MEASURED_MS = 20_000;

const LOADS: (Load & { name: string })[] = [
  // As the server sends them: at most four prices a second of each symbol, four times a second.
  { name: "250 symbols in bursts", symbols: 250, ticksPerSecond: 1_000, everyMs: 250 },
  // The most that can change at once: every row is drawn, and each moves twenty times a second.
  { name: "50 symbols, all drawn", symbols: 50, ticksPerSecond: 1_000, everyMs: 10 },
];

interface Frames {
  count: number;
  perSecond: number;
  meanMs: number;
  p99Ms: number;
  longestMs: number;
  within20MsPct: number;
}

for (const load of LOADS) {
  test(load.name, async ({ page }) => {
    const market = await serveMarket(process.env.BALLAST_URL ?? "", load);
    await page.goto(`${market.url}sign-in`);
    await page.getByLabel("E-mail").fill(EMAIL);
    await page.getByLabel(/^Password/).fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("link", { name: "Positions", exact: true }).click();
    const rows = page.getByRole("region", { name: "Open positions" }).getByRole("row");
    await expect.poll(() => rows.count()).toBeGreaterThan(20);
    await page.waitForTimeout(SETTLE_MS);

    const cpu = await cpuOf(page);
    const [before, began] = [market.sent(), Date.now()];
    const frames = await framesOf(page, MEASURED_MS);
    const ticks = ((market.sent() - before) * 1000) / (Date.now() - began);
    report(load.name, await rows.count(), ticks, frames);
    process.stdout.write(`page's main thread, CPU ms a second: ${await cpu()}\n`);
    await market.stop();
    expect(ticks).toBeGreaterThan(load.ticksPerSecond * 0.95);
    expect(frames.perSecond).toBeGreaterThan(50);
  });
}

/** What the page's main thread spends, in its own CPU time: also true on a busy machine. */
async function cpuOf(page: Page): Promise<() => Promise<string>> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const read = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return new Map(metrics.map(({ name, value }) => [name, value]));
  };
  const before = await read();
  const began = Date.now();
  return async () => {
    const after = await read();
    const spent = (name: string) =>
      Math.round((((after.get(name) ?? 0) - (before.get(name) ?? 0)) * 1e6) / (Date.now() - began));
    return ["TaskDuration", "ScriptDuration", "LayoutDuration", "RecalcStyleDuration"]
      .map((name) => `${name.replace("Duration", "").toLowerCase()} ${spent(name)}`)
      .join(", ");
  };
}

/** The gaps between frames as the page itself sees them. */
function framesOf(page: Page, milliseconds: number): Promise<Frames> {
  return page.evaluate(async (length) => {
    const gaps: number[] = [];
    const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
    const begun = await frame();
    for (let last = begun; last - begun < length;) {
      const now = await frame();
      gaps.push(now - last);
      last = now;
    }
    const sorted = [...gaps].sort((one, other) => one - other);
    const total = gaps.reduce((sum, gap) => sum + gap, 0);
    return {
      count: gaps.length,
      perSecond: (gaps.length * 1000) / total,
      meanMs: total / gaps.length,
      p99Ms: sorted[Math.floor(gaps.length * 0.99)] ?? 0,
      longestMs: sorted.at(-1) ?? 0,
      within20MsPct: (gaps.filter((gap) => gap <= 20).length * 100) / gaps.length,
    };
  }, milliseconds);
}

function report(name: string, rows: number, ticks: number, frames: Frames): void {
  const [load = 0] = loadavg();
  const { perSecond, meanMs, p99Ms, longestMs, within20MsPct } = frames;
  process.stdout.write(
    `\n${name}: ${rows} rows drawn, ${ticks.toFixed(0)} prices/s, ` +
      `${perSecond.toFixed(1)} frames/s, mean ${meanMs.toFixed(1)} ms, ` +
      `p99 ${p99Ms.toFixed(1)} ms, ` +
      `longest ${longestMs.toFixed(1)} ms, ${within20MsPct.toFixed(1)} % within 20 ms ` +
      `(${cpus()[0]?.model ?? "CPU"}, ${cpus().length} cores, load ${load.toFixed(2)})\n`,
  );
}
