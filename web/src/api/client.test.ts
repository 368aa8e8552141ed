import { describe, expect, it } from "vitest";
import { nextPage } from "./client";

describe("pages of an export", () => {
  it("follow one another as the server names them, under any prefix", () => {
    const from = "https://example.org/ballast/api/trades.csv?symbol=ACME&limit=200";
    expect(nextPage('<?symbol=ACME&limit=200&cursor=b>; rel="next"', from)).toBe(
      "https://example.org/ballast/api/trades.csv?symbol=ACME&limit=200&cursor=b",
    );
    expect(nextPage(null, from)).toBeUndefined();
  });
});
