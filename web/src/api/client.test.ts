import { afterEach, describe, expect, it, vi } from "vitest";
import { answerOf, nextPage, trading } from "./client";
import { asProblem } from "./problem";

afterEach(() => vi.unstubAllGlobals());

describe("an answer that came too late", () => {
  const body = { title: "Late", code: "timeout", detail: "It may have taken effect.", status: 504 };
  const late = () =>
    Promise.resolve(
      new Response(JSON.stringify(body), {
        status: 504,
        headers: { "content-type": "application/problem+json" },
      }),
    );

  it("may have done something only when something was asked to be done", async () => {
    vi.stubGlobal("fetch", late);
    const message = (asked: Promise<unknown>) =>
      asked.catch((error: unknown) => asProblem(error).message);
    expect(await message(answerOf(trading.GET("/api/state")))).not.toMatch(/effect/);
    const reason = { body: { reason: "x" } };
    expect(await message(answerOf(trading.POST("/internal/trading/pause", reason)))).toMatch(
      /effect/,
    );
  });
});

describe("pages of an export", () => {
  it("follow one another as the server names them, under any prefix", () => {
    const from = "https://example.org/ballast/api/trades.csv?symbol=ACME&limit=200";
    expect(nextPage('<?symbol=ACME&limit=200&cursor=b>; rel="next"', from)).toBe(
      "https://example.org/ballast/api/trades.csv?symbol=ACME&limit=200&cursor=b",
    );
    expect(nextPage(null, from)).toBeUndefined();
  });
});
