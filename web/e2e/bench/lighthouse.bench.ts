/**
 * Lighthouse's scores for sign-in and Home, on the production build as the binary serves it: cold
 * cache, three runs each, the median counts. `npm run lighthouse` fetches the pinned version.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { chromium, expect, test } from "@playwright/test";
import { launchOptions } from "../../playwright.config";
import { signIn } from "../fixtures";

const LIGHTHOUSE = "lighthouse@12.8.2";
const RUNS = 3;
const WANTED = 95;
const OUT = "test-results/lighthouse";

const PAGES = [
  { name: "sign-in", path: "sign-in", signsIn: false },
  { name: "home", path: "", signsIn: true },
];
const DEVICES = { phone: [], desktop: ["--preset=desktop"] };

interface Result {
  categories: Record<"performance" | "accessibility", { score: number }>;
  audits: Record<string, { score: number | null; displayValue?: string; title: string }>;
}

test.setTimeout(900_000);

for (const { name, path, signsIn } of PAGES) {
  for (const [device, flags] of Object.entries(DEVICES)) {
    test(`${name}, ${device}`, async () => {
      const baseURL = process.env.BALLAST_URL ?? "";
      const profile = await mkdtemp(join(tmpdir(), "ballast-lighthouse-"));
      const port = await freePort();
      const args = [...launchOptions.args, `--remote-debugging-port=${port}`];
      // Lighthouse opens its page in the default context, and leaves its cookies alone.
      const browser = await chromium.launchPersistentContext(profile, {
        ...launchOptions,
        args,
        baseURL,
      });
      if (signsIn) await signIn(await browser.newPage());
      const results: Result[] = [];
      for (let run = 1; run <= RUNS; run += 1) {
        const file = join(OUT, `${name}-${device}-${run}`);
        results.push(await lighthouse(baseURL + path, port, file, flags));
      }
      await browser.close();
      await rm(profile, { recursive: true });

      results.sort((a, b) => scoreOf(a, "performance") - scoreOf(b, "performance"));
      const median = results[Math.floor(RUNS / 2)];
      if (median === undefined) throw new Error("Lighthouse gave no result");
      process.stdout.write(`\n${name}, ${device}: ${words(median)}\n`);
      expect.soft(scoreOf(median, "performance")).toBeGreaterThanOrEqual(WANTED);
      expect.soft(scoreOf(median, "accessibility")).toBeGreaterThanOrEqual(WANTED);
    });
  }
}

async function lighthouse(
  url: string,
  port: number,
  file: string,
  flags: string[],
): Promise<Result> {
  await mkdir(OUT, { recursive: true });
  const args = [
    ...["--yes", LIGHTHOUSE, url, `--port=${port}`, "--quiet"],
    ...["--only-categories=performance,accessibility"],
    ...["--output=json", "--output=html", `--output-path=${file}`],
    ...flags,
  ];
  await promisify(execFile)("npx", args);
  return JSON.parse(await readFile(`${file}.report.json`, "utf8")) as Result;
}

function scoreOf({ categories }: Result, name: "performance" | "accessibility"): number {
  return Math.round(categories[name].score * 100);
}

const METRICS = [
  "first-contentful-paint",
  "largest-contentful-paint",
  "total-blocking-time",
  "cumulative-layout-shift",
  "speed-index",
];

function words(result: Result): string {
  const metrics = METRICS.map((id) => `${id} ${result.audits[id]?.displayValue ?? "?"}`);
  const scores = (["performance", "accessibility"] as const)
    .map((name) => `${name} ${scoreOf(result, name)}`)
    .join(", ");
  return `${scores}; ${metrics.join(", ")}`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
