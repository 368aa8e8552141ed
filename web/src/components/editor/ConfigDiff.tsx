/** What is different between two texts of a config, line by line; one alone is shown whole. */
import { json } from "@codemirror/lang-json";
import { unifiedMergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "react";
import classes from "./Editor.module.css";
import { editorLook } from "./look";

interface ConfigDiffProps {
  before: string | undefined;
  after: string;
  label: string;
}

export default function ConfigDiff(props: ConfigDiffProps) {
  const { before, after, label } = props;
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (element.current === null) return;
    const view = new EditorView({
      parent: element.current,
      state: EditorState.create({
        doc: after,
        extensions: [
          lineNumbers(),
          json(),
          editorLook,
          EditorView.lineWrapping,
          EditorState.readOnly.of(true),
          EditorView.editable.of(false),
          EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
          before === undefined
            ? []
            : unifiedMergeView({
                original: before,
                mergeControls: false,
                collapseUnchanged: { margin: 3, minSize: 6 },
              }),
        ],
      }),
    });
    return () => view.destroy();
  }, [before, after, label]);
  return <div ref={element} className={classes.editor} />;
}
