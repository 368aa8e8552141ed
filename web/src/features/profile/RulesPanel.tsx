/** A profile's rules while they are edited, or what all of it changes of what is saved. */
import { SegmentedControl } from "@mantine/core";
import { lazy, Suspense } from "react";
import { CheckedConfig, CheckState, type ConfigCheck } from "~/components/editor/CheckedConfig";
import { Empty, Panel, Rows } from "~/components/Panel";
import { fieldChanges, isSame, type Edited } from "./changes";
import classes from "./Profile.module.css";

const ConfigDiff = lazy(() => import("~/components/editor/ConfigDiff"));

export type RulesView = "text" | "diff";

const VIEWS: { value: RulesView; label: string }[] = [
  { value: "text", label: "Config" },
  { value: "diff", label: "Changes" },
];

interface RulesPanelProps {
  saved: Edited;
  written: Edited;
  check: ConfigCheck;
  view: RulesView;
  onText: (text: string) => void;
  onView: (view: RulesView) => void;
}

export function RulesPanel(props: RulesPanelProps) {
  const { saved, written, check, view, onText, onView } = props;
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
        <CheckedConfig text={written.config} onChange={onText} check={check} />
      ) : (
        <Changes saved={saved} written={written} />
      )}
    </Panel>
  );
}

function Changes({ saved, written }: { saved: Edited; written: Edited }) {
  if (isSame(saved, written)) {
    return <Empty title="Nothing is changed">All of it is what is saved.</Empty>;
  }
  const fields = fieldChanges(saved, written);
  return (
    <>
      {fields.length === 0 ? null : (
        <dl className={classes.fieldChanges} aria-label="Your changes beside the rules">
          {fields.map(({ label, before, after }) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>
                <del>{before}</del> → <ins>{after}</ins>
              </dd>
            </div>
          ))}
        </dl>
      )}
      {saved.config === written.config ? (
        <Empty title="The rules are what is saved" />
      ) : (
        <Suspense fallback={<Rows rows={8} />}>
          <ConfigDiff
            before={saved.config}
            after={written.config}
            label="Your changes to what is saved"
          />
        </Suspense>
      )}
    </>
  );
}
