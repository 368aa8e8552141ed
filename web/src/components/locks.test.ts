import { expect, it } from "vitest";
import type { LockRow } from "~/api/types";
import { ahead } from "~/format/time";
import { lockedWord, standing } from "./locks";

const NOW = Date.parse("2026-01-01T12:00:00Z");
const lock = (until: string, symbol?: string): LockRow => ({
  until,
  symbol,
  limit: "cooldownMinutes",
  text: "a trade has closed, and 5 minutes are to pass",
});

it("shows no lock that has ended, and first the one that lasts longest", () => {
  const short = lock("2026-01-01T12:05:00Z", "ACME");
  const long = lock("2026-01-01T13:00:00Z");
  expect(standing([lock("2026-01-01T12:00:00Z"), short, long], NOW)).toEqual([long, short]);
});

it("says what is locked", () => {
  const [acme, orca] = [lock("2026-01-01T13:00:00Z", "ACME"), lock("2026-01-01T13:00:00Z", "ORCA")];
  expect(lockedWord([acme, acme])).toBe("ACME locked");
  expect(lockedWord([acme, orca])).toBe("2 instruments locked");
  expect(lockedWord([acme, lock("2026-01-01T13:00:00Z")])).toBe("Entries locked");
});

it("never says that a lock ends sooner than it does", () => {
  expect(ahead("2026-01-01T12:00:30Z", NOW)).toBe("in 30 sec.");
  expect(ahead("2026-01-01T12:01:01Z", NOW)).toBe("in 2 min.");
  expect(ahead("2026-01-01T14:00:01Z", NOW)).toBe("in 3 hr.");
  expect(ahead("2026-01-01T11:00:00Z", NOW)).toBe("now");
});
