/** One alert: how grave, what, when, and the button that says "seen". */
import { ActionIcon } from "@mantine/core";
import {
  IconAlertTriangle,
  IconCheck,
  IconExclamationCircle,
  IconInfoCircle,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { answerOf, trading } from "~/api/client";
import type { AlertRow } from "~/api/types";
import { Said } from "~/components/Said";
import { saidText } from "~/components/saidParts";
import { Ago } from "~/components/Time";
import { useAction } from "~/components/useAction";
import { useCanAct, useProfile } from "~/realtime/hooks";
import classes from "./Alerts.module.css";

const ICONS = {
  info: IconInfoCircle,
  warning: IconAlertTriangle,
  critical: IconExclamationCircle,
} as const;

const WORDS = { info: "Note", warning: "Warning", critical: "Critical" } as const;

export function AlertLine({ alert }: { alert: AlertRow }) {
  const profile = useProfile(alert.profileId ?? "");
  const canAct = useCanAct();
  const acknowledge = useAction(
    () => answerOf(trading.POST("/api/alerts/{id}/ack", { params: { path: { id: alert.id } } })),
    { refreshes: [["alerts"]] },
  );
  const Icon = ICONS[alert.severity];
  const prefix = profile === undefined ? "" : `${profile.name}: `;
  // The profile stands below, as a link.
  const text = alert.text.startsWith(prefix) ? alert.text.slice(prefix.length) : alert.text;
  return (
    <div className={classes.line} data-severity={alert.severity}>
      <Icon size={18} stroke={1.7} aria-label={WORDS[alert.severity]} className={classes.icon} />
      <div className={classes.text}>
        <div title={`code ${alert.code}`}>
          <Said text={text} />
        </div>
        <div className={`${classes.detail} muted`}>
          <Ago at={alert.at} />
          {profile === undefined ? null : (
            <Link to="/profiles/$profileId" params={{ profileId: profile.id }}>
              {profile.name}
            </Link>
          )}
          {alert.acknowledgedAt === undefined ? null : <span>seen</span>}
        </div>
      </div>
      {alert.acknowledgedAt === undefined ? (
        <ActionIcon
          title="Seen"
          aria-label={`Mark as seen: ${saidText(alert.text)}`}
          disabled={!canAct}
          loading={acknowledge.isRunning}
          onClick={() => acknowledge.run(undefined)}
        >
          <IconCheck size={16} />
        </ActionIcon>
      ) : null}
    </div>
  );
}
