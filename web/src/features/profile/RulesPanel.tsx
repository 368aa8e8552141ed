/** A profile's rules while they are edited: their text, or what it changes of what is saved. */
import { SegmentedControl } from "@mantine/core";
import { lazy, Suspense } from "react";
import { CheckedConfig, CheckState, type ConfigCheck } from "~/components/editor/CheckedConfig";
import { Empty, Panel, Rows } from "~/components/Panel";

const ConfigDiff = lazy(() => import("~/components/editor/ConfigDiff"));

export type RulesView = "text" | "diff";

const VIEWS: { value: RulesView; label: string }[] = [
  { value: "text", label: "Config" },
  { value: "diff", label: "Changes" },
];

interface RulesPanelProps {
  text: string;
  savedText: string;
  check: ConfigCheck;
  view: RulesView;
  onText: (text: string) => void;
  onView: (view: RulesView) => void;
}

export function RulesPanel({ text, savedText, check, view, onText, onView }: RulesPanelProps) {
  return (
    <Panel
      flush
      title="Rules"
      actions={
        <>
          <CheckState check={check} />
          <SegmentedControl
            size="xs"
            aria-label="What is shown"
            value={view}
            onChange={onView}
            data={VIEWS}
          />
        </>
      }
    >
      {view === "text" ? (
        <CheckedConfig text={text} onChange={onText} check={check} />
      ) : text === savedText ? (
        <Empty title="Nothing is changed">The text is what is saved.</Empty>
      ) : (
        <Suspense fallback={<Rows rows={8} />}>
          <ConfigDiff before={savedText} after={text} label="Your changes to what is saved" />
        </Suspense>
      )}
    </Panel>
  );
}
