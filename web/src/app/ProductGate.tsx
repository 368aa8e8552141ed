/**
 * What is said instead of the product while it may not be used. It lies over what is open, so that
 * a form which somebody fills in is still there afterwards.
 */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import type { ProductStatus } from "~/api/types";
import { Mark } from "~/components/Mark";
import { At } from "~/components/Time";
import classes from "./App.module.css";
import { configQuery, productQuery } from "./queries";
import { loadNewest } from "./serviceWorker";
import { clientVersion, isBelow } from "./version";

export function ProductGate() {
  const { data: config } = useQuery(configQuery);
  const productId = config?.productId;
  // Where nobody signs in, nobody sets the gate either.
  const isKnown = productId !== undefined && config?.signIn !== "off";
  const query = useQuery({ ...productQuery(productId ?? ""), enabled: isKnown });
  const [putOff, setPutOff] = useState<string>();
  const gate = query.data;
  if (gate === undefined) return null;
  if (gate.status !== "active") {
    return <Closed gate={gate} isAsking={query.isFetching} onAsk={() => void query.refetch()} />;
  }
  const least = gate.minClientVersion;
  if (least === undefined || clientVersion === undefined || least === putOff) return null;
  if (!isBelow(clientVersion, least)) return null;
  return <TooOld least={least} own={clientVersion} onPutOff={() => setPutOff(least)} />;
}

function Closed(props: { gate: ProductStatus; isAsking: boolean; onAsk: () => void }) {
  const { gate, isAsking, onAsk } = props;
  const isMaintenance = gate.status === "maintenance";
  return (
    <Notice title={isMaintenance ? "Under maintenance" : "Switched off"}>
      <p>
        {gate.message ??
          (isMaintenance ? "Ballast will be back soon." : "Ballast is not available.")}
      </p>
      {gate.until === undefined ? null : (
        <p className="muted">
          Expected back: <At at={gate.until} />
        </p>
      )}
      <p className="muted">
        What you had open is still there afterwards. This page asks every 30 seconds.
      </p>
      <Button variant="default" loading={isAsking} onClick={onAsk}>
        Ask now
      </Button>
    </Notice>
  );
}

function TooOld({ least, own, onPutOff }: { least: string; own: string; onPutOff: () => void }) {
  return (
    <Notice title="A newer version is needed">
      <p>
        This page is of Ballast {own}, and the server asks for {least} or newer. Loading it takes a
        moment; what you have not sent is lost with it.
      </p>
      <div className={classes.choices}>
        <Button onClick={() => void loadNewest()}>Load it now</Button>
        <Button variant="default" onClick={onPutOff}>
          Finish first
        </Button>
      </div>
    </Notice>
  );
}

/** Above everything, dialogs included; nothing below can be reached meanwhile. */
function Notice({ title, children }: { title: string; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  // Neither Escape nor a shortcut of the views below does anything.
  const keepKeys = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === "Escape") event.preventDefault();
  };
  return (
    <dialog
      ref={dialog}
      className={classes.gate}
      aria-labelledby="gate-title"
      onKeyDown={keepKeys}
      onCancel={(event) => event.preventDefault()}
    >
      <div className={classes.notice}>
        <Mark size={36} />
        <h1 id="gate-title">{title}</h1>
        {children}
      </div>
    </dialog>
  );
}
