/** What happens now, beside any view: alerts to see, positions, what was decided last. */
import { ActionIcon } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { changePreferences } from "~/app/preferences";
import { Profit } from "~/components/Amount";
import { Badge } from "~/components/Badge";
import { Ago } from "~/components/Time";
import { AlertLine } from "~/features/alerts/AlertLine";
import { orderStatus } from "~/format/words";
import { useAlerts, useOrders, usePosition, usePositions } from "~/realtime/hooks";
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
      {positions.map(({ tradeId }) => (
        <Held key={tradeId} tradeId={tradeId} />
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

function Held({ tradeId }: { tradeId: string }) {
  const position = usePosition(tradeId);
  if (position === undefined) return null;
  const { symbol, direction, unrealizedPnl, currency } = position;
  return (
    <Link to="/positions" className={classes.activityLine}>
      <span>
        {symbol} <span className="muted">{direction}</span>
      </span>
      <Profit value={unrealizedPnl} currency={currency} flashes />
    </Link>
  );
}
