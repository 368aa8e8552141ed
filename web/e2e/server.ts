/** The server under test: started from its binary, on a data directory and ports of its own. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export const EMAIL = "admin@example.org";
export const PASSWORD = "correct horse battery staple";

const START_MS = 60_000;

/** What a file of settings adds to the defaults. */
export interface Options {
  settings?: string;
  /** The port to listen on; a free one when absent. */
  port?: number;
  directory?: string;
}

export class Server {
  private constructor(
    readonly url: string,
    readonly directory: string,
    /** The link of the first administrator; empty when there is one already. */
    readonly link: string,
    private readonly options: Options,
    private readonly child: ChildProcess,
  ) {}

  /** Starts it, and waits until it runs. */
  static async start(options: Options = {}): Promise<Server> {
    const directory = options.directory ?? (await mkdtemp(join(tmpdir(), "ballast-e2e-")));
    const file = join(directory, "ballast.toml");
    await writeFile(file, options.settings ?? "");
    const binary = process.env.BALLAST_SERVER;
    if (binary === undefined) throw new Error("BALLAST_SERVER names no binary to test");
    const listen = ["--listen", `127.0.0.1:${options.port ?? 0}`];
    const internal = ["--internal-listen", "127.0.0.1:0"];
    const child = spawn(
      binary,
      ["serve", "--config", file, "--data-dir", join(directory, "data"), ...listen, ...internal],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    const { address, link } = await heard(child);
    return new Server(`http://${address}`, directory, link, options, child);
  }

  /** Ends it without a word, as a power cut would. */
  async kill(): Promise<void> {
    await this.end("SIGKILL");
  }

  /** Starts it again where it was. */
  again(): Promise<Server> {
    const { directory } = this;
    return Server.start({ ...this.options, directory, port: Number(new URL(this.url).port) });
  }

  /** Ends it for good. */
  async stop(): Promise<void> {
    await this.end("SIGTERM");
    await rm(this.directory, { recursive: true, force: true });
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill(signal);
    await once(this.child, "exit");
  }
}

/** Reads the log until the server says where it is. */
async function heard(child: ChildProcess): Promise<{ address: string; link: string }> {
  if (child.stderr === null) throw new Error("the server has no log");
  const said: string[] = [];
  const lines = createInterface({ input: child.stderr });
  const found = new Promise<{ address: string; link: string }>((resolve, reject) => {
    let address: string | undefined;
    lines.on("line", (line) => {
      said.push(line);
      address ??= / listen=(\S+)/.exec(line)?.[1];
      const link = / link=(\S+)/.exec(line)?.[1];
      // What the tenants say comes after the link, or where the link would be.
      const isPast = link !== undefined || line.includes("trades on paper");
      if (address !== undefined && isPast) resolve({ address, link: link ?? "" });
    });
    child.once("exit", (code) => reject(new Error(`it ended with ${code}:\n${said.join("\n")}`)));
    setTimeout(() => reject(new Error(`it does not start:\n${said.join("\n")}`)), START_MS).unref();
  });
  return found;
}

interface Answered {
  status: number;
  answer: Record<string, unknown>;
}

/** Posts JSON to the server, as a program would. */
export const post = (url: string, path: string, body: object, token?: string) =>
  sendJson("POST", url + path, body, token);

/** Replaces what is there, whatever its version. */
export const put = (url: string, path: string, body: object, token: string) =>
  sendJson("PUT", url + path, body, token, { "if-match": "*" });

/** Changes a part of what is there, whatever its version. */
export const patch = (url: string, path: string, body: object, token: string) =>
  sendJson("PATCH", url + path, body, token, { "if-match": "*" });

async function sendJson(
  method: string,
  url: string,
  body: object,
  token?: string,
  more: Record<string, string> = {},
): Promise<Answered> {
  const headers: Record<string, string> = {
    "content-type": "application/json",
    "idempotency-key": crypto.randomUUID(),
    ...more,
  };
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  const response = await fetch(url, { method, headers, body: JSON.stringify(body) });
  const text = await response.text();
  return {
    status: response.status,
    answer: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>),
  };
}

/** What the server has there. */
export async function get(
  url: string,
  path: string,
  token: string,
): Promise<Record<string, unknown>> {
  const response = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } });
  return (await response.json()) as Record<string, unknown>;
}

/** Makes the first administrator of a server; gives their access token. */
export async function administrate(server: Server): Promise<string> {
  const token = new URL(server.link).hash.slice("#token=".length);
  const path = "/platform/api/auth/first-administrator";
  const body = { token, email: EMAIL, password: PASSWORD };
  const { status, answer } = await post(server.url, path, body);
  if (status !== 200) throw new Error(`no administrator was made: ${JSON.stringify(answer)}`);
  return String(answer.accessToken);
}

/** Enters a position by hand; gives the id of the trade, once that is filled. */
export async function makePosition(
  url: string,
  token: string,
  profileId: string,
  exits: object = { stopLoss: { percent: "20" } },
): Promise<string> {
  const order = { profileId, symbol: "ACME", side: "buy", type: "market", quantity: "5" };
  const placed = await post(url, "/api/orders/manual", { ...order, ...exits }, token);
  if (placed.status !== 201) throw new Error(`no order: ${JSON.stringify(placed.answer)}`);
  const id = String(placed.answer.tradeId);
  const path = `/api/orders/${String(placed.answer.orderId)}`;
  await until(url, path, token, (text) => text.includes('"status":"filled"'));
  return id;
}

/** Enters and leaves a position by hand; gives the id of the trade, once that is closed. */
export async function makeTrade(url: string, token: string, profileId: string): Promise<string> {
  const id = await makePosition(url, token, profileId, { stopLoss: { percent: "2" } });
  await post(url, `/api/positions/${id}/close`, {}, token);
  await until(url, `/api/trades/${id}`, token, (text) => text.includes("exitPrice"));
  return id;
}

/** Rests an order to buy far below the market; gives its id and its price. */
export async function makeResting(
  url: string,
  token: string,
  profileId: string,
): Promise<{ id: string; limitPrice: string }> {
  let last: number | undefined;
  await until(url, "/api/symbol/ACME", token, (text) => {
    const price = /"price":"([\d.]+)"/.exec(text)?.[1];
    last = price === undefined ? undefined : Number(price);
    return last !== undefined;
  });
  const limitPrice = ((last ?? 0) / 2).toFixed(2);
  const order = { profileId, symbol: "ACME", side: "buy", type: "limit", quantity: "3" };
  const placed = await post(url, "/api/orders/manual", { ...order, limitPrice }, token);
  if (placed.status !== 201) throw new Error(`no order: ${JSON.stringify(placed.answer)}`);
  const id = String(placed.answer.orderId);
  await until(url, `/api/orders/${id}`, token, (text) => text.includes('"status":"accepted"'));
  return { id, limitPrice };
}

/** Runs a back-test over the market's last days; gives its id, once it is done. */
export async function makeRun(url: string, token: string, days = 1): Promise<string> {
  const strategyConfig = {
    version: 1,
    kind: "rules",
    timeframe: "1m",
    symbols: ["ACME"],
    entry: "crossover(sma(close, 10), sma(close, 20))",
    exit: "crossunder(sma(close, 10), sma(close, 20))",
    sizing: { type: "percentOfEquity", value: "90" },
  };
  // Some dozen trades: checking a report of thousands takes longer than a test may.
  const to = new Date();
  const from = new Date(to.getTime() - days * 24 * 3_600_000);
  const range = { from: from.toISOString(), to: to.toISOString() };
  const request = { strategyConfig, timeframe: "1m", range, data: { source: "market" } };
  const asked = await post(url, "/api/backtest/run", request, token);
  if (asked.status >= 300) throw new Error(`no back-test: ${JSON.stringify(asked.answer)}`);
  const id = String(asked.answer.id);
  await until(url, `/api/backtest/${id}`, token, (text) => text.includes('"state":"done"'));
  return id;
}

/** Asks until the answer is what is waited for. */
export async function until(
  url: string,
  path: string,
  token: string,
  isReached: (text: string) => boolean,
): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  const ends = Date.now() + START_MS;
  while (Date.now() < ends) {
    const text = await (await fetch(url + path, { headers })).text();
    if (isReached(text)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${path} does not come to what is waited for`);
}

/** Signs in as a program; gives the access token. */
export async function tokenOf(url: string, email = EMAIL, password = PASSWORD): Promise<string> {
  const { status, answer } = await post(url, "/platform/api/auth/login", { email, password });
  if (status !== 200) throw new Error(`not signed in: ${JSON.stringify(answer)}`);
  return String(answer.accessToken);
}

/** Makes a profile whose rules are never true, so that only people trade for it; gives its id. */
export function makeIdleProfile(url: string, token: string, name = "By hand"): Promise<string> {
  return makeProfile(url, token, name, { entry: "close > 1000000" });
}

/** Makes a profile of these rules that runs; gives its id. */
export async function makeProfile(
  url: string,
  token: string,
  name: string,
  rules: { entry: string; exit?: string; entryShort?: string; direction?: string },
  further: object = {},
): Promise<string> {
  const strategyConfig = {
    version: 1,
    kind: "rules",
    timeframe: "5s",
    symbols: ["ACME"],
    sizing: { type: "percentOfEquity", value: "10" },
    ...rules,
  };
  const capital = { currency: "USD", allocated: "10000" };
  const profile = { name, capital, strategyConfig, ...further };
  const made = await post(url, "/api/profiles", profile, token);
  if (made.status !== 201) throw new Error(`no profile was made: ${JSON.stringify(made.answer)}`);
  const id = String(made.answer.id);
  await post(url, `/api/profiles/${id}/start`, {}, token);
  return id;
}
