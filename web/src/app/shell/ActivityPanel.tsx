/** What happens now, beside any view: alerts to see, positions, what was decided last. */
import { ActionIcon } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { changePreferences } from "~/app/preferences";
import { Badge } from "~/components/Badge";
import { Ago } from "~/components/Time";
import { AlertLine } from "~/features/alerts/AlertLine";
import { OpenProfit } from "~/features/positions/OpenProfit";
import { orderStatus } from "~/format/words";
import { useAlerts, useOrders, usePositions } from "~/realtime/hooks";
import classes from "./Shell.module.css";

const SHOWN = 6;

export function ActivityPanel() {
  const alerts = useAlerts().filter(({ acknowledgedAt }) => acknowledgedAt === undefined);
  const positions = usePositions();
  const orders = useOrders().slice(0, SHOWN);
  return (
    <aside className={classes.activity} aria-label="Activity">
      <div className={classes.activityHeader}>
        <h2>Activity</h2>
        <ActionIcon
          aria-label="Close activity"
          onClick={() => changePreferences({ activityOpen: false })}
        >
          <IconX size={16} />
        </ActionIcon>
      </div>
      <h3>To see</h3>
      {alerts.length === 0 ? <p className="muted">Nothing waits for you.</p> : null}
      {alerts.slice(0, SHOWN).map((alert) => (
        <AlertLine key={alert.id} alert={alert} />
      ))}
      <h3>Held</h3>
      {positions.length === 0 ? <p className="muted">No open positions.</p> : null}
      {positions.map(({ tradeId, symbol, direction }) => (
        <Link key={tradeId} to="/positions" className={classes.activityLine}>
          <span>
            {symbol} <span className="muted">{direction}</span>
          </span>
          <OpenProfit tradeId={tradeId} symbol={symbol} showsPercent={false} />
        </Link>
      ))}
      <h3>Latest orders</h3>
      {orders.length === 0 ? <p className="muted">No orders yet.</p> : null}
      {orders.map(({ id, symbol, side, status, updatedAt, working }) => (
        <div key={id} className={classes.activityLine}>
          <span>
            {side === "buy" ? "Buy" : "Sell"} {symbol}
          </span>
          <Badge tone={working ? "accent" : "neutral"}>{orderStatus(status)}</Badge>
          <span className="muted">
            <Ago at={updatedAt} />
          </span>
        </div>
      ))}
    </aside>
  );
}
