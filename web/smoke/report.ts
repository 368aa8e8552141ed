/** Prints what was checked as a table, one line each. */
import type { Reporter, TestCase, TestError, TestResult } from "@playwright/test/reporter";

/** What a release asks for and Ballast does not have yet: never counted as passed. */
const MISSING = [
  ["product gate off and on", "clients are told of it, but no request is refused by it"],
  ["a config write is atomic", "there is no dynamic config"],
  ["the audit log verifies", "there is no audit log beside the server's own log"],
  ["manual entries are read and written", "there are orders by hand only"],
] as const;

const plain = (text: string) => text.replace(/\u001b\[[0-9;]*m/g, "");

type Result = "passed" | "skipped" | "FAILED";

export default class Table implements Reporter {
  private readonly rows: { what: string; how: Result; ms: number; why: string }[] = [];

  private readonly troubles: string[] = [];

  /** What kept a check from being made at all. */
  onError({ message, value }: TestError): void {
    this.troubles.push(message ?? value ?? "an error without a message");
  }

  onTestEnd(test: TestCase, { status, duration, errors }: TestResult): void {
    const how = status === "passed" || status === "skipped" ? status : "FAILED";
    const note = test.annotations.find(({ type }) => type === "skip")?.description ?? "";
    const why = plain(errors[0]?.message ?? note)
      .split("\n")
      .filter((line) => line.trim() !== "")
      .slice(0, 4)
      .join(" ");
    this.rows.push({ what: test.title, how, ms: duration, why });
  }

  onEnd(): void {
    const names = [...this.rows.map(({ what }) => what), ...MISSING.map(([what]) => what)];
    const width = Math.max(...names.map(({ length }) => length));
    const line = (what: string, how: string, ms: string, why: string) =>
      process.stdout.write(
        `${`${what.padEnd(width)}  ${how.padEnd(7)}  ${ms.padStart(6)}  ${why}`.trimEnd()}\n`,
      );
    line("check", "result", "ms", "");
    line("-".repeat(width), "-------", "------", "");
    for (const { what, how, ms, why } of this.rows) line(what, how, String(ms), why);
    for (const [what, why] of MISSING) line(what, "not yet", "", why);
    for (const trouble of this.troubles) process.stdout.write(`\nerror: ${plain(trouble)}\n`);
    process.stdout.write(`\n${this.verdict()}\n`);
  }

  private verdict(): string {
    const count = (result: Result) => this.rows.filter(({ how }) => how === result).length;
    const [passed, skipped] = [count("passed"), count("skipped")];
    const counts = `${passed} passed, ${skipped} skipped, ${count("FAILED")} failed`;
    const nothing = this.rows.length === 0 ? "nothing was checked, so nothing is known" : counts;
    return `${nothing}; ${MISSING.length} that a release needs are not there yet`;
  }
}
