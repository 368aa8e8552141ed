/** The text of a config that is being written, which nothing may replace unasked. */
import { useState, type ReactNode } from "react";
import { Ask } from "~/components/Ask";

export interface ConfigText {
  text: string;
  /** As a person types it. */
  setText: (text: string) => void;
  /** Puts a text there that a form has made, over one of its own kind. */
  fill: (text: string) => void;
  /** Puts another text there, and asks first when what a person wrote would be lost. */
  offer: (text: string, onTaken?: () => void) => void;
  /** Whether there is an editor; it stays while its text is deleted. */
  isOpen: boolean;
  /** Whether a person has changed what was put there. */
  isOwn: boolean;
  /** The question, to be rendered beside the editor. */
  question: ReactNode;
}

interface Offer {
  text: string;
  onTaken?: () => void;
}

export function useConfigText(first?: string): ConfigText {
  const [text, setText] = useState(first ?? "");
  const [filled, setFilled] = useState(first);
  const [offered, setOffered] = useState<Offer>();
  const fill = (next: string) => {
    setText(next);
    setFilled(next);
  };
  const isOwn = text !== (filled ?? "") && text.trim() !== "";
  const take = ({ text: next, onTaken }: Offer) => {
    fill(next);
    setOffered(undefined);
    onTaken?.();
  };
  return {
    text,
    setText,
    fill,
    offer: (next, onTaken) => {
      if (isOwn && next !== text) setOffered({ text: next, onTaken });
      else take({ text: next, onTaken });
    },
    isOpen: filled !== undefined,
    isOwn,
    question: (
      <Ask
        isOpen={offered !== undefined}
        title="Replace the rules that you wrote?"
        confirm="Replace them"
        keep="Keep mine"
        onConfirm={() => offered !== undefined && take(offered)}
        onClose={() => setOffered(undefined)}
      >
        <p>The text in the editor was changed by hand. Undo in the editor brings it back.</p>
      </Ask>
    ),
  };
}
