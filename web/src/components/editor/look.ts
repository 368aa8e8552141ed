/** The editor in the colours of the theme. */
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

/** As specific as the editor's own rule, which would win otherwise. */
const SELECTION =
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, " +
  ".cm-selectionBackground";

const frame = EditorView.theme({
  "&": { fontSize: "13px", backgroundColor: "transparent", color: "var(--text)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mantine-font-family-monospace)", lineHeight: "20px" },
  ".cm-content": { caretColor: "var(--accent)", padding: "8px 0" },
  ".cm-gutters": {
    backgroundColor: "transparent",
    color: "var(--muted)",
    border: "none",
    paddingLeft: "4px",
  },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "transparent" },
  "&.cm-focused .cm-activeLine": {
    backgroundColor: "color-mix(in srgb, var(--muted) 10%, transparent)",
  },
  [SELECTION]: { backgroundColor: "color-mix(in srgb, var(--accent) 28%, transparent)" },
  ".cm-cursor": { borderLeftColor: "var(--accent)" },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": {
    backgroundColor: "color-mix(in srgb, var(--accent) 25%, transparent)",
  },
  ".cm-tooltip, .cm-panels": {
    backgroundColor: "var(--raised)",
    color: "var(--text)",
    border: "1px solid var(--line)",
    borderRadius: "4px",
  },
  ".cm-diagnostic-error": { borderLeftColor: "var(--critical)" },
  // Its own signs are missing in many fonts.
  ".cm-collapsedLines:before, .cm-collapsedLines:after": { content: '"⋯" !important' },
  ".cm-collapsedLines": { background: "var(--raised)", color: "var(--muted)" },
  ".cm-changedLine": {
    backgroundColor: "color-mix(in srgb, var(--profit) 12%, transparent) !important",
  },
  ".cm-deletedChunk": {
    backgroundColor: "color-mix(in srgb, var(--loss) 12%, transparent)",
    paddingLeft: "6px",
  },
  ".cm-changedText": {
    background: "color-mix(in srgb, var(--profit) 30%, transparent) !important",
  },
  ".cm-deletedText": { background: "color-mix(in srgb, var(--loss) 30%, transparent) !important" },
});

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--text)", fontWeight: "550" },
  { tag: tags.string, color: "var(--accent)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--warning)" },
  { tag: [tags.brace, tags.bracket, tags.separator, tags.punctuation], color: "var(--muted)" },
]);

export const editorLook: Extension = [frame, syntaxHighlighting(colours)];
