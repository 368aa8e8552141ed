/** The checks before a release say what is broken, and end with 1 then. */
import { expect, test } from "@playwright/test";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, request, type Server as Http } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { EMAIL, PASSWORD } from "./server";

/** Hands requests on to the server under test, but for one path, which fails. */
async function brokenAt(path: string): Promise<Http> {
  const proxy = createServer((incoming, outgoing) => {
    if (incoming.url === path) {
      outgoing.writeHead(500).end("broken");
      return;
    }
    const { method, headers } = incoming;
    const target = new URL(incoming.url ?? "/", process.env.BALLAST_URL);
    const onward = request(target, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  await once(proxy.listen(0, "127.0.0.1"), "listening");
  return proxy;
}

/** Runs some of the checks on a server, as `cargo xtask smoke --url` does. */
async function smoke(url: string, checks: string): Promise<{ code: number; table: string }> {
  // What tells a test of this run where it is must not tell those of the other.
  const own = (name: string) => /^(TEST_|PW_|PLAYWRIGHT_|BALLAST_SERVER$)/.test(name);
  const environment = Object.entries(process.env).filter(([name]) => !own(name));
  const child = spawn(
    process.execPath,
    [
      "node_modules/@playwright/test/cli.js",
      "test",
      "--config=smoke/playwright.config.ts",
      `--grep=${checks}`,
    ],
    {
      env: {
        ...Object.fromEntries(environment),
        BALLAST_URL: url,
        BALLAST_E2E_EMAIL: EMAIL,
        BALLAST_E2E_PASSWORD: PASSWORD,
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const [table, , [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit") as Promise<[number]>,
  ]);
  return { code, table };
}

test("a broken server fails the checks of a release", async ({}, { project }) => {
  test.skip(project.name === "phone", "the same checks as on the desktop");
  test.slow();
  for (const [broken, code, row] of [
    ["/nothing", 0, /store of orders is read +passed/],
    ["/api/orders", 1, /store of orders is read +FAILED/],
  ] as const) {
    const proxy = await brokenAt(broken);
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const checked = await smoke(url, "the store of");
    proxy.close();
    expect(checked.table).toMatch(row);
    expect(checked.table).toMatch(/store of trade history is read +passed/);
    expect(checked.table).toMatch(/a config write is atomic +not yet/);
    expect(checked.table).toContain(code === 0 ? "4 passed, 0 skipped, 0 failed" : "1 failed");
    expect(checked.code, checked.table).toBe(code);
  }
  const nobody = await smoke("http://127.0.0.1:1", "the store of");
  expect(nobody.table).toMatch(/FAILED/);
  expect(nobody.code, nobody.table).toBe(1);
});
