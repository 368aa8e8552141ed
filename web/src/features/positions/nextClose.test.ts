import { describe, expect, it } from "vitest";
import type { RuleRow } from "~/api/types";
import { entersNext, leavesNext } from "./nextClose";

const rule = (role: RuleRow["role"], state: RuleRow["state"]): RuleRow => ({
  role,
  state,
  name: "",
  text: "",
});
const hold = (...rules: RuleRow[]) => ({ decision: "hold" as const, rules });

describe("a position at the next close", () => {
  it("is left when the exit rule of its direction is true", () => {
    const one = hold(rule("entry", "fail"), rule("exit", "pass"));
    expect(leavesNext(one, "long")).toBe("exit");
    expect(leavesNext(one, "short")).toBe("exit");
    const both = hold(rule("entry", "fail"), rule("entryShort", "fail"), rule("exit", "pass"));
    expect(leavesNext(both, "long")).toBe("exit");
    expect(leavesNext(both, "short")).toBeUndefined();
  });

  it("is turned around when the opposite entry is true", () => {
    const both = hold(rule("entry", "pass"), rule("entryShort", "fail"));
    expect(leavesNext(both, "short")).toBe("reversal");
    expect(leavesNext(both, "long")).toBeUndefined();
  });

  it("stays while some of several rules are not true, unless they were enough before", () => {
    const some = [rule("exit", "pass"), rule("exit", "fail")];
    expect(leavesNext(hold(...some), "long")).toBeUndefined();
    expect(leavesNext({ decision: "exit", rules: some }, "long")).toBe("exit");
    expect(leavesNext(hold(), "long")).toBeUndefined();
  });
});

describe("an entry at the next close", () => {
  it("is made when one entry is true, and not when both are", () => {
    expect(entersNext(hold(rule("entry", "pass"), rule("exit", "fail")))).toBe(true);
    expect(entersNext(hold(rule("entry", "fail"), rule("entryShort", "pass")))).toBe(true);
    expect(entersNext(hold(rule("entry", "pass"), rule("entryShort", "pass")))).toBe(false);
    expect(entersNext(hold(rule("entry", "notReady")))).toBe(false);
  });
});
