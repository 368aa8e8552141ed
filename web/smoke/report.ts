/** Prints what was checked as a table, one line each. */
import type { Reporter, TestCase, TestError, TestResult } from "@playwright/test/reporter";

export default class Table implements Reporter {
  private readonly rows: { what: string; how: string; ms: number; why: string }[] = [];

  private readonly troubles: string[] = [];

  /** What kept a check from being made at all. */
  onError({ message, value }: TestError): void {
    this.troubles.push(message ?? value ?? "an error without a message");
  }

  onTestEnd(test: TestCase, { status, duration, errors }: TestResult): void {
    const how = status === "passed" || status === "skipped" ? status : "FAILED";
    const plain = (text: string) => text.replace(/\u001b\[[0-9;]*m/g, "");
    const note = test.annotations.find(({ type }) => type === "skip")?.description ?? "";
    const why = plain(errors[0]?.message ?? note)
      .split("\n")
      .filter((line) => line.trim() !== "")
      .slice(0, 4)
      .join(" ");
    this.rows.push({ what: test.title, how, ms: duration, why });
  }

  onEnd(): void {
    const width = Math.max(5, ...this.rows.map(({ what }) => what.length));
    const line = (what: string, how: string, ms: string, why: string) =>
      process.stdout.write(`${what.padEnd(width)}  ${how.padEnd(7)}  ${ms.padStart(6)}  ${why}\n`);
    line("check", "result", "ms", "");
    line("-".repeat(width), "-------", "------", "");
    for (const { what, how, ms, why } of this.rows) line(what, how, String(ms), why);
    const failed = this.rows.filter(({ how }) => how === "FAILED").length;
    const fine = this.rows.length === 0 ? "so nothing is known" : "nothing failed";
    const verdict = failed === 0 ? fine : `${failed} failed`;
    for (const trouble of this.troubles) process.stdout.write(`\nerror: ${trouble}\n`);
    process.stdout.write(`\n${this.rows.length} checks, ${verdict}\n`);
  }
}
