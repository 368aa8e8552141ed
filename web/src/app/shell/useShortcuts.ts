/** Keys: "g" and a letter goes to a view, "n" opens a ticket, "?" lists them. */
import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { usePreferences } from "../preferences";
import { useFlags, useUser } from "../useSession";
import { visibleViews } from "./navigation";
import { openPalette } from "./palette";

const SEQUENCE_MS = 1_200;

export function useShortcuts(): void {
  const navigate = useNavigate();
  const flags = useFlags();
  const user = useUser();
  const { shortcuts } = usePreferences();
  useEffect(() => {
    if (!shortcuts) return;
    let startedAt = 0;
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (isTyping(event.target) || isAsked()) return;
      if (event.key === "?") return openPalette();
      if (event.key === "n") {
        event.preventDefault();
        return void navigate({ to: "/positions", search: { ticket: "new" } });
      }
      if (event.key === "g") {
        startedAt = Date.now();
        return;
      }
      if (Date.now() - startedAt > SEQUENCE_MS) return;
      startedAt = 0;
      const view = visibleViews(flags, user).find(({ key }) => key === event.key);
      if (view !== undefined) void navigate({ to: view.to });
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, [navigate, flags, user, shortcuts]);
}

/** Whether a dialog is open: what a person answers there must not lead away from it. */
function isAsked(): boolean {
  return document.querySelector('[role="dialog"], [role="alertdialog"]') !== null;
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches("input, textarea, select, [role=textbox]");
}
