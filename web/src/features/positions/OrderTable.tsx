/** Orders, working or done. */
import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { answerOf, trading } from "~/api/client";
import { asProblem } from "~/api/problem";
import type { OrderRow } from "~/api/types";
import { Badge, type Tone } from "~/components/Badge";
import { CardLines, DataTable, type Column } from "~/components/DataTable";
import { HeldLine, HeldMark } from "~/components/HeldMark";
import { Said } from "~/components/Said";
import { Ago } from "~/components/Time";
import { useAction } from "~/components/useAction";
import { useIsPhone } from "~/components/screen";
import { price, quantity } from "~/format/number";
import { exitWord, orderStatus, orderType } from "~/format/words";
import { useCanAct, useOrder, useTickSize } from "~/realtime/hooks";
import { ChangeButton, ChangeDialog } from "./ChangeOrder";
import { orderName, pairWords } from "./orderPair";
import { Price, ProfileName } from "./PositionTable";
import classes from "./Positions.module.css";

interface OrderTableProps {
  label?: string;
  orders: OrderRow[];
  empty: ReactNode;
  showsProfile?: boolean;
}

export function OrderTable(props: OrderTableProps) {
  const { label = "Orders", orders, empty, showsProfile = false } = props;
  const hasWorking = orders.some(({ working }) => working);
  const [changed, setChanged] = useState<OrderRow>();
  const columns = [...COLUMNS, stateOf(orders), CHANGED, actionsOf(setChanged)].filter(
    ({ key }) => (showsProfile || key !== "profile") && (hasWorking || key !== "actions"),
  );
  return (
    <>
      <DataTable
        label={label}
        columns={columns}
        rows={orders}
        rowKey={({ id }) => id}
        empty={empty}
        card={(order) => <Card order={order} among={orders} />}
      />
      <ChangeDialog order={changed} onDone={() => setChanged(undefined)} />
    </>
  );
}

function actionsOf(onChange: (order: OrderRow) => void): Column<OrderRow> {
  return {
    key: "actions",
    header: <span className={classes.hidden}>Actions</span>,
    numeric: true,
    pinned: true,
    cell: (order) =>
      order.working ? (
        <span className={classes.rowActions}>
          <ChangeButton order={order} onAsk={() => onChange(order)} />
          <Cancel order={order} />
        </span>
      ) : null,
  };
}

const TONES: Partial<Record<OrderRow["status"], Tone>> = {
  accepted: "accent",
  partiallyFilled: "accent",
  pendingSubmit: "neutral",
  filled: "good",
  rejected: "critical",
  unknown: "warning",
};

const COLUMNS: Column<OrderRow>[] = [
  { key: "symbol", header: "Symbol", cell: ({ symbol }) => <b>{symbol}</b> },
  {
    key: "what",
    header: "Order",
    cell: (order) =>
      `${order.side === "buy" ? "Buy" : "Sell"}, ${orderType(order.type).toLowerCase()}`,
  },
  { key: "profile", header: "Profile", cell: ({ profileId }) => <ProfileName id={profileId} /> },
  {
    key: "why",
    header: "For",
    cell: ({ purpose, direction, exitReason, origin }) => (
      <span className="muted">
        {purpose === "enter"
          ? `entry ${direction ?? ""}`
          : exitWord(exitReason ?? "exit").toLowerCase()}
        {origin === "manual" && exitReason !== "manual" ? ", by hand" : ""}
      </span>
    ),
  },
  {
    key: "filled",
    header: "Filled / quantity",
    numeric: true,
    cell: (order) => `${quantity(order.filledQuantity)} / ${quantity(order.quantity)}`,
  },
  { key: "price", header: "At", numeric: true, cell: (order) => <OrderPrice order={order} /> },
  {
    key: "average",
    header: "Average fill",
    numeric: true,
    cell: ({ averagePrice, symbol }) =>
      averagePrice === undefined ? "–" : <Price symbol={symbol} value={averagePrice} />,
  },
];

const CHANGED: Column<OrderRow> = {
  key: "at",
  header: "Changed",
  cell: ({ updatedAt }) => <Ago at={updatedAt} />,
};

/** The other order of a pair may be known from the same list alone. */
function stateOf(among: readonly OrderRow[]): Column<OrderRow> {
  return {
    key: "status",
    header: "State",
    cell: (order) => (
      <>
        <Status order={order} isMarked />
        <Pair order={order} among={among} />
        <Reason order={order} />
      </>
    ),
  };
}

/** Marked where there is something to point with; elsewhere who holds it is said in words. */
function Status({ order, isMarked = false }: { order: OrderRow; isMarked?: boolean }) {
  return (
    <span className={classes.states}>
      <Badge tone={TONES[order.status] ?? "neutral"}>{orderStatus(order.status)}</Badge>
      {isMarked && order.working ? <HeldMark held={order} /> : null}
      {order.amending === true ? (
        <Badge tone="warning" hint="Its venue has not answered yet; until then it is as shown.">
          Change asked for
        </Badge>
      ) : null}
    </span>
  );
}

/** Which order is cancelled when this one fills, and the other way round. */
function Pair({ order, among }: { order: OrderRow; among: readonly OrderRow[] }) {
  const { oco = "" } = order;
  const live = useOrder(oco);
  const tick = useTickSize(order.symbol);
  if (oco === "") return null;
  const other = live ?? among.find(({ id }) => id === oco);
  const { before, after } = pairWords(order, other);
  return (
    <div className={classes.reason}>
      {before}
      {other === undefined ? (
        "an order that is not listed here"
      ) : (
        <Link to="/positions/$tradeId" params={{ tradeId: other.tradeId }}>
          {orderName(other, tick)}
        </Link>
      )}
      {after}.
    </div>
  );
}

/** Why it ended, or what is unknown about it. */
function Reason({ order: { reason } }: { order: OrderRow }) {
  return reason === undefined ? null : (
    <div className={classes.reason}>
      <Said text={reason} />
    </div>
  );
}

function OrderPrice({ order }: { order: OrderRow }) {
  const { limitPrice, stopPrice, trailDistance, symbol } = order;
  if (trailDistance !== undefined) return <>trail {price(trailDistance)}</>;
  const parts = [stopPrice, limitPrice].filter((each) => each !== undefined);
  if (parts.length === 0) return <>Market</>;
  return parts.map((each, index) => (
    <span key={each}>
      {index > 0 ? " / " : ""}
      <Price symbol={symbol} value={each} />
    </span>
  ));
}

function Cancel({ order }: { order: OrderRow }) {
  const canAct = useCanAct();
  const isPhone = useIsPhone();
  const cancel = useAction(
    () => answerOf(trading.DELETE("/api/orders/{id}", { params: { path: { id: order.id } } })),
    { done: `Asked the venue to cancel ${order.symbol}.` },
  );
  // Beside the button there is no room for why not, and the order may be gone by then.
  const ask = () =>
    void cancel.runAsync(undefined).catch((error: unknown) => {
      const { message } = asProblem(error);
      notifications.show({
        color: "red",
        title: `The order in ${order.symbol} was not cancelled`,
        message,
        autoClose: false,
        role: "alert",
      });
    });
  return (
    <Button
      size={isPhone ? "sm" : "compact-xs"}
      data-compact={isPhone ? undefined : true}
      variant="default"
      disabled={!canAct || order.status === "pendingCancel"}
      loading={cancel.isRunning}
      aria-label={`Cancel the order in ${order.symbol}`}
      onClick={ask}
    >
      Cancel
    </Button>
  );
}

function Card({ order, among }: { order: OrderRow; among: readonly OrderRow[] }) {
  const { symbol, side, type, quantity: units, filledQuantity, working, updatedAt } = order;
  return (
    <>
      <CardLines
        title={`${side === "buy" ? "Buy" : "Sell"} ${symbol}`}
        value={<Status order={order} />}
        detail={
          <>
            {orderType(type)} {quantity(filledQuantity)} / {quantity(units)}{" "}
            {type === "market" ? "" : "at "}
            {type === "market" ? "" : <OrderPrice order={order} />}
            <Pair order={order} among={among} />
            {working ? <HeldLine held={order} /> : null}
          </>
        }
        valueDetail={<Ago at={updatedAt} />}
        actions={working ? <Cancel order={order} /> : undefined}
      />
      <Reason order={order} />
    </>
  );
}
