/** What surrounds the forms that come before a session. */
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { configQuery } from "~/app/queries";
import { Mark } from "~/components/Mark";
import { useDocumentTitle } from "~/components/useDocumentTitle";
import classes from "./SignIn.module.css";

export function SignInFrame(props: { title: string; about?: ReactNode; children: ReactNode }) {
  const { data: config } = useQuery(configQuery);
  useDocumentTitle(props.title);
  return (
    <main className={classes.page}>
      <div className={classes.box}>
        <div className={classes.brand}>
          <Mark size={28} />
          <span>Ballast</span>
        </div>
        <h1>{props.title}</h1>
        {props.about === undefined ? null : <p className="muted">{props.about}</p>}
        {props.children}
      </div>
      <footer className={classes.footer}>
        {config === undefined ? null : (
          <>
            {config.paperOnly ? "Simulated market, paper money · " : ""}Ballast {config.version}
          </>
        )}
      </footer>
    </main>
  );
}
