import { describe, expect, it } from "vitest";
import { problemFrom, unreachable } from "./problem";

function said(code: string, body: object, retryAfter?: string, isRead = false): string {
  const headers = new Headers(retryAfter === undefined ? {} : { "retry-after": retryAfter });
  const response = new Response(null, { status: 500, headers });
  return problemFrom({ code, status: 500, ...body }, response, isRead).message;
}

describe("a refusal says what has happened and what to do", () => {
  it.each([
    [
      "credentialsInvalid",
      { title: "E-mail or password is wrong", detail: "Check both, or reset the password." },
      undefined,
      "E-mail or password is wrong. Check both, or reset the password.",
    ],
    [
      "signInLocked",
      {
        title: "There were too many wrong passwords",
        detail: "Wait for the time in the header Retry-After, or reset the password.",
      },
      "840",
      "There were too many wrong passwords. Try again in 14 minutes, or reset the password.",
    ],
    [
      "tooManyRequests",
      { title: "There were too many requests", detail: "Three back-tests run already" },
      "30",
      "Three back-tests run already. Try again in 30 seconds.",
    ],
    [
      "tooManyRequests",
      {
        title: "There were too many requests",
        detail: "Wait for the time in the header Retry-After.",
      },
      "1",
      "There were too many requests. Try again in 1 second.",
    ],
    [
      "tooManyRequests",
      {
        title: "There were too many requests",
        detail: "Wait for the time in the header Retry-After.",
      },
      undefined,
      "There were too many requests. Try again in a moment.",
    ],
    [
      "unavailable",
      {
        title: "Something that is needed cannot be reached",
        detail: "Nothing was done. Try again in a moment.",
      },
      "2",
      "Something that is needed cannot be reached. Nothing was done. Try again in 2 seconds.",
    ],
    [
      "notPossible",
      { title: "It is not possible now", detail: "The order is filled." },
      undefined,
      "The order is filled.",
    ],
  ])("%s %o after %s", (code, body, retryAfter, sentence) => {
    expect(said(code, body, retryAfter)).toBe(sentence);
  });

  it("takes a date for the time to wait", () => {
    const later = new Date(Date.now() + 45_000).toUTCString();
    expect(said("tooManyRequests", { title: "x", detail: "Too many" }, later)).toMatch(
      /^Too many\. Try again in 4[45] seconds\.$/,
    );
  });
});

describe("a read that fails", () => {
  const late = {
    title: "The answer was not ready in time",
    detail: "It may have taken effect: look before you send it again, or use an Idempotency-Key.",
  };

  it("never asks to look whether it took effect", () => {
    expect(unreachable("r", true).message).not.toMatch(/took effect/);
    expect(unreachable("r").message).toMatch(/took effect/);
    expect(said("timeout", late, undefined, true)).toBe(
      "The answer was not ready in time. Try again in a moment.",
    );
    expect(said("timeout", late)).toMatch(/may have taken effect/);
  });
});
