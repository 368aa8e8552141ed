/** Brings the first field that was refused into view, and typing to it. */
import { useEffect, useRef } from "react";

export function useFirstFault(error: Error | null) {
  const form = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (error === null) return;
    const field = form.current?.querySelector<HTMLElement>('[aria-invalid="true"]');
    field?.scrollIntoView({ block: "center" });
    field?.focus({ preventScroll: true });
  }, [error]);
  return form;
}
