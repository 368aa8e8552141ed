/** The editor with the checker behind it, as the forms use it. */
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo } from "react";
import { answerOf, trading } from "~/api/client";
import type { StrategyCheck, StrategyConfig } from "~/api/types";
import { Badge } from "~/components/Badge";
import { Rows } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";
import { plural } from "~/format/words";
import { useSymbols } from "~/realtime/hooks";
import { faultWords, inOrder, unlistedFaults, type ConfigFault } from "./configFaults";
import classes from "./Editor.module.css";

const ConfigEditor = lazy(() => import("./ConfigEditor"));

const DEBOUNCE_MS = 350;
const NONE: ConfigFault[] = [];

export interface ConfigCheck {
  /** Undefined while it is being checked. */
  answer: StrategyCheck | undefined;
  error: Error | null;
  /** There is nothing to check. */
  isEmpty: boolean;
}

interface CheckOptions {
  /** Whether it is to trade what this market lists. */
  isForMarket?: boolean;
  /** What the server has refused of exactly this text. */
  refused?: ConfigFault[];
}

/** The checker's answer to exactly this text, with what the checker cannot know. */
export function useConfigCheck(text: string, options: CheckOptions = {}): ConfigCheck {
  const { isForMarket = true, refused = NONE } = options;
  const listed = useSymbols();
  const [settled] = useDebouncedValue(text, DEBOUNCE_MS);
  const query = useQuery({
    queryKey: ["check", settled],
    queryFn: () => answerOf(trading.POST("/api/strategies/check", { body: { text: settled } })),
    enabled: settled.trim() !== "",
    staleTime: Infinity,
    placeholderData: keepPreviousData,
  });
  const isCurrent = settled === text && !query.isPlaceholderData;
  const isEmpty = text.trim() === "";
  const checked = isCurrent && !isEmpty ? query.data : undefined;
  const answer = useMemo(() => {
    if (checked === undefined) return undefined;
    const unlisted = isForMarket ? unlistedFaults(text, configOf(text), listed) : NONE;
    return withFaults(checked, [...unlisted, ...refused]);
  }, [checked, isForMarket, text, listed, refused]);
  return {
    answer,
    error: isEmpty ? null : query.error,
    isEmpty,
  };
}

function withFaults(checked: StrategyCheck, faults: ConfigFault[]): StrategyCheck {
  // The checker only warns of the symbols; what is an error here is said once.
  const warnings = checked.warnings.filter((warning) => !warning.startsWith(UNLISTED));
  const errors = inOrder([...checked.errors, ...faults]);
  return { ...checked, valid: checked.valid && faults.length === 0, errors, warnings };
}

const UNLISTED = "This market does not list ";

/** The text as the object that the server stores; undefined while it is no JSON object. */
export function configOf(text: string): StrategyConfig | undefined {
  try {
    const parsed = JSON.parse(text) as unknown;
    const isObject = typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
    return isObject ? (parsed as StrategyConfig) : undefined;
  } catch {
    return undefined;
  }
}

export const textOf = (config: object): string => JSON.stringify(config, null, 2);

interface CheckedConfigProps {
  text: string;
  onChange: (text: string) => void;
  check: ConfigCheck;
}

export function CheckedConfig({ text, onChange, check }: CheckedConfigProps) {
  const errors = check.answer?.errors ?? NONE;
  const warnings = check.answer?.warnings ?? [];
  return (
    <>
      <Suspense fallback={<Rows rows={10} />}>
        <ConfigEditor value={text} onChange={onChange} errors={errors} label="Strategy config" />
      </Suspense>
      <p className={classes.hint}>
        Tab indents. <kbd>Escape</kbd>, then <kbd>Tab</kbd> leaves the editor.
      </p>
      {check.isEmpty ? (
        <p className={classes.empty} role="status">
          The config is empty, so there is nothing to check. Write or paste one, or undo.
        </p>
      ) : null}
      <ProblemNote error={check.error} title="The config could not be checked." />
      {errors.length + warnings.length === 0 ? null : (
        <ul className={classes.problems} aria-live="polite">
          {errors.map((error) => (
            <li key={error.path + error.message}>
              {error.line === undefined ? null : (
                <span className={classes.place}>
                  Line {error.line}
                  {error.column === undefined ? "" : `:${error.column}`}
                </span>
              )}{" "}
              {faultWords(error)}
            </li>
          ))}
          {warnings.map((message) => (
            <li key={message}>
              <span className={classes.place}>Note</span> {message}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** The checker's answer in a word. */
export function CheckState({ check }: { check: ConfigCheck }) {
  const { answer, error, isEmpty } = check;
  if (isEmpty) return <Badge tone="neutral">Empty</Badge>;
  if (answer === undefined && error !== null) return <Badge tone="warning">Not checked</Badge>;
  if (answer === undefined) return <Badge tone="neutral">Checking…</Badge>;
  if (answer.valid) return <Badge tone="good">Valid</Badge>;
  return <Badge tone="critical">{plural(answer.errors.length, "error")}</Badge>;
}
