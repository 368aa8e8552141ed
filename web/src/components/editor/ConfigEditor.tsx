/** A strategy config as text, with the checker's errors where they are. */
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { bracketMatching, indentOnInput } from "@codemirror/language";
import { lintGutter, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState, type Text } from "@codemirror/state";
import { drawSelection, EditorView, keymap, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "react";
import type { StrategyCheck } from "~/api/types";
import { faultWords } from "./configFaults";
import classes from "./Editor.module.css";
import { editorLook } from "./look";

interface ConfigEditorProps {
  value: string;
  onChange: (text: string) => void;
  errors: StrategyCheck["errors"];
  label: string;
}

export default function ConfigEditor({ value, onChange, errors, label }: ConfigEditorProps) {
  const element = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView>(null);
  const changed = useRef(onChange);
  const initial = useRef(value);
  useEffect(() => {
    changed.current = onChange;
  }, [onChange]);

  useEffect(() => {
    if (element.current === null) return;
    const view = new EditorView({
      parent: element.current,
      state: EditorState.create({
        doc: initial.current,
        extensions: [
          lineNumbers(),
          history(),
          drawSelection(),
          indentOnInput(),
          bracketMatching(),
          highlightSelectionMatches(),
          lintGutter(),
          json(),
          editorLook,
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
          // Escape, then Tab leaves the editor; Tab alone indents.
          keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, indentWithTab]),
          EditorView.updateListener.of(({ docChanged, state }) => {
            if (docChanged) changed.current(state.doc.toString());
          }),
        ],
      }),
    });
    editor.current = view;
    return () => {
      editor.current = null;
      view.destroy();
    };
  }, [label]);

  useEffect(() => {
    const view = editor.current;
    if (view === null || view.state.doc.toString() === value) return;
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: value } });
  }, [value]);

  useEffect(() => {
    const view = editor.current;
    if (view === null) return;
    const diagnostics = errors.map((error) => diagnosticOf(view.state.doc, error));
    view.dispatch(setDiagnostics(view.state, diagnostics));
  }, [errors]);

  return <div ref={element} className={classes.editor} />;
}

function diagnosticOf(doc: Text, error: StrategyCheck["errors"][number]): Diagnostic {
  const line = doc.line(Math.min(Math.max(error.line ?? 1, 1), doc.lines));
  const start = Math.min(line.from + Math.max((error.column ?? 1) - 1, 0), line.to);
  const word = /^"[^"]*"|^[\w.]+|^\S/.exec(doc.sliceString(start, line.to))?.[0].length ?? 0;
  const from = error.line === undefined ? line.from : start;
  const to = error.line === undefined ? line.to : start + word;
  return { from, to, severity: "error", message: faultWords(error) };
}
