/** The server's own report, which may do nothing but show itself. */
import { useComputedColorScheme } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { download } from "~/api/client";
import { Rows } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";
import classes from "./Backtest.module.css";

export function Report({ id }: { id: string }) {
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ["backtest", id, "report"],
    queryFn: async () => (await download(`/api/backtest/${encodeURIComponent(id)}/report`)).text(),
    staleTime: Infinity,
  });
  if (isPending) return <Rows rows={10} />;
  if (data === undefined) return <ProblemNote error={error} onRetry={() => void refetch()} />;
  return <Frame html={data} />;
}

/** As tall as its content, so that a page is scrolled and not a part of it. */
function Frame({ html }: { html: string }) {
  // A frame takes its owner's scheme for the one that its reader prefers.
  const colorScheme = useComputedColorScheme("dark");
  const { measured, height } = useContentHeight();
  return (
    <div className={classes.reportFrame}>
      {/* Its own document is closed to this page; a copy that runs nothing may be looked at. */}
      <iframe
        ref={measured}
        className={classes.measure}
        sandbox="allow-same-origin"
        srcDoc={html.replaceAll(SCRIPTS, "")}
        title="Its height"
        style={{ height }}
        tabIndex={-1}
        aria-hidden
      />
      <iframe
        className={classes.report}
        style={{ colorScheme, height }}
        title="Report with equity, drawdown, months and distribution"
        sandbox="allow-scripts"
        srcDoc={html}
      />
    </div>
  );
}

const SCRIPTS = /<script\b[\s\S]*?<\/script>/gi;

function useContentHeight() {
  const [height, setHeight] = useState<number>();
  const measured = useCallback((frame: HTMLIFrameElement | null) => {
    if (frame === null) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) setHeight(Math.ceil(entry.target.getBoundingClientRect().height));
    });
    const loaded = () => {
      observer.disconnect();
      const content = frame.contentDocument?.documentElement;
      if (content !== undefined) observer.observe(content);
    };
    frame.addEventListener("load", loaded);
    return () => {
      frame.removeEventListener("load", loaded);
      observer.disconnect();
    };
  }, []);
  return { measured, height };
}
