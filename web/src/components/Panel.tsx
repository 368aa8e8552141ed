/** A bordered part of a view with a heading; the unit of every layout. */
import { Skeleton } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./Panel.module.css";
import { useDocumentTitle } from "./useDocumentTitle";

interface PanelProps {
  title?: ReactNode;
  /** Beside the heading, at its end. */
  actions?: ReactNode;
  /** Without inner margins, for tables and charts. */
  flush?: boolean;
  className?: string;
  children: ReactNode;
}

export function Panel({ title, actions, flush, className = "", children }: PanelProps) {
  return (
    <section className={`${classes.panel} ${className}`}>
      {title === undefined ? null : (
        <header className={classes.header}>
          <h2 className={classes.title}>{title}</h2>
          <div className={classes.actions}>{actions}</div>
        </header>
      )}
      <div className={flush === true ? undefined : classes.body}>{children}</div>
    </section>
  );
}

/** The heading of a view with what can be done there. */
export function PageHeader(props: {
  title: ReactNode;
  /** What the browser's tab says, where the heading is more than text. */
  documentTitle?: string;
  about?: ReactNode;
  actions?: ReactNode;
}) {
  const ownTitle = typeof props.title === "string" ? props.title : undefined;
  useDocumentTitle(props.documentTitle ?? ownTitle);
  return (
    <div className={classes.page}>
      <div className={classes.pageText}>
        <h1 className={classes.pageTitle}>{props.title}</h1>
        {props.about === undefined ? null : <div className={classes.about}>{props.about}</div>}
      </div>
      {props.actions === undefined ? null : (
        <div className={classes.pageActions}>{props.actions}</div>
      )}
    </div>
  );
}

/** Nothing to show yet: says why, and what to do. */
export function Empty(props: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className={classes.empty}>
      <strong>{props.title}</strong>
      {props.children === undefined ? null : <p>{props.children}</p>}
      {props.action}
    </div>
  );
}

/** The shape of rows that are on their way. */
export function Rows({ rows = 4 }: { rows?: number }) {
  return (
    <div className={classes.rows} role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} height={16} radius="sm" width={`${94 - ((row * 17) % 40)}%`} />
      ))}
    </div>
  );
}

export interface Figure {
  label: string;
  value: ReactNode;
  hint?: string;
}

/** Figures side by side. */
export function Figures({ figures }: { figures: Figure[] }) {
  return (
    <dl className={classes.figures}>
      {figures.map(({ label, value, hint }) => (
        <div key={label} title={hint}>
          <dt>{label}</dt>
          <dd className="number">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
