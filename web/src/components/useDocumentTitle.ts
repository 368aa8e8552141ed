/** What the browser's tab and a screen reader call the view. */
import { useEffect } from "react";

const APPLICATION = "Ballast";

export function useDocumentTitle(title: string | undefined): void {
  useEffect(() => {
    if (title === undefined) return;
    document.title = `${title} · ${APPLICATION}`;
    return () => {
      document.title = APPLICATION;
    };
  }, [title]);
}
