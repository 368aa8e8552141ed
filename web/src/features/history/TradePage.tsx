/** One trade from its first signal to its last fill, every event in order. */
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { asProblem } from "~/api/problem";
import type { LifecycleItem, TradeRow } from "~/api/types";
import { lifecycleQuery, tradeQuery } from "~/app/queries";
import { Profit } from "~/components/Amount";
import { Badge } from "~/components/Badge";
import { Empty, Figures, PageHeader, Panel, Rows, type Figure } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";
import { useIsPhone } from "~/components/screen";
import { Said } from "~/components/Said";
import { At } from "~/components/Time";
import { useDocumentTitle } from "~/components/useDocumentTitle";
import { OpenProfit } from "~/features/positions/OpenProfit";
import { AT_STOP, Price, ProfileName } from "~/features/positions/PositionTable";
import { Protection } from "~/features/positions/Protection";
import { StopLevel } from "~/features/positions/StopLevel";
import { money, quantity } from "~/format/number";
import { duration } from "~/format/time";
import { eventWord } from "~/format/words";
import { usePosition } from "~/realtime/hooks";
import { ClosedTrade } from "./ClosedTrade";
import { leftBy } from "./exits";
import classes from "./History.module.css";

export function TradePage() {
  const { tradeId = "" } = useParams({ strict: false });
  const position = usePosition(tradeId);
  const closed = useQuery({ ...tradeQuery(tradeId), enabled: position === undefined });
  const lifecycle = useQuery({
    ...lifecycleQuery(tradeId),
    refetchInterval: position === undefined ? false : 5_000,
  });
  const trade = closed.data;
  const name = position ?? trade;
  if (position === undefined && isMissing(closed.error) && isMissing(lifecycle.error)) {
    return <NoTrade />;
  }
  return (
    <>
      <PageHeader
        documentTitle={name === undefined ? "Trade" : `Trade in ${name.symbol}`}
        title={
          <>
            {name === undefined ? "Trade" : `${name.symbol} ${name.direction}`}
            {position === undefined ? null : <Badge tone="accent">Open</Badge>}
          </>
        }
        about={name === undefined ? undefined : <ProfileName id={name.profileId} />}
        actions={
          <Link to={position === undefined ? "/history" : "/positions"}>
            {position === undefined ? "All closed trades" : "All positions"}
          </Link>
        }
      />
      <ProblemNote error={isMissing(closed.error) ? null : closed.error} />
      <div className={classes.trade}>
        {position === undefined && trade === undefined ? null : (
          <Panel title="Result">
            {trade === undefined || position !== undefined ? (
              <OpenFigures tradeId={tradeId} />
            ) : (
              <Figures figures={closedFigures(trade)} />
            )}
          </Panel>
        )}
        {trade === undefined || position !== undefined ? null : <ClosedTrade trade={trade} />}
        <Protection position={position} />
        <Panel title="What happened" flush>
          {lifecycle.isPending ? <Rows rows={6} /> : null}
          <ProblemNote
            error={isMissing(lifecycle.error) ? null : lifecycle.error}
            onRetry={() => void lifecycle.refetch()}
          />
          {lifecycle.data?.items.length === 0 ? <Empty title="Nothing is recorded yet" /> : null}
          <ol className={classes.lifecycle}>
            {lifecycle.data?.items.map((item) => (
              <Item key={item.seq} item={item} />
            ))}
          </ol>
        </Panel>
      </div>
    </>
  );
}

/** Of either answer alone: an order that waits has a lifecycle and is no closed trade yet. */
const isMissing = (error: Error | null) => error !== null && asProblem(error).isNotFound;

function NoTrade() {
  useDocumentTitle("No such trade");
  return (
    <Empty title="There is no such trade" action={<Link to="/history">All closed trades</Link>}>
      The address may be mistyped, or the trade belongs to somebody else.
    </Empty>
  );
}

function OpenFigures({ tradeId }: { tradeId: string }) {
  const position = usePosition(tradeId);
  const isPhone = useIsPhone();
  if (position === undefined) return null;
  const { currency, stop, symbol, resultAtStop } = position;
  return (
    <>
      <Figures
        figures={[
          {
            label: `Open profit, ${currency}`,
            value: <OpenProfit tradeId={tradeId} symbol={symbol} />,
          },
          { label: "Realised so far", value: <Profit value={position.realizedPnl} /> },
          { label: "Quantity", value: quantity(position.quantity) },
          { label: "Entry", value: <Price symbol={symbol} value={position.entryPrice} /> },
          { label: "Stop", value: <StopLevel symbol={symbol} stop={stop} /> },
          {
            label: "At the stop, with fees",
            value: <Profit value={resultAtStop} currency={currency} />,
            hint: AT_STOP,
          },
          { label: "Fees", value: money(position.fees, currency) },
        ]}
      />
      {isPhone ? (
        <p className={`muted ${classes.elsewhere}`}>Stop and targets are set on the desktop.</p>
      ) : null}
    </>
  );
}

function closedFigures(trade: TradeRow): Figure[] {
  const { currency } = trade;
  return [
    {
      label: `Profit, ${currency}`,
      value: <Profit value={trade.pnl} percent={trade.pnlPct} currency={currency} />,
    },
    { label: "Quantity", value: quantity(trade.quantity) },
    { label: "Entry", value: <Price symbol={trade.symbol} value={trade.entryPrice} /> },
    { label: "Exit", value: <Price symbol={trade.symbol} value={trade.exitPrice} /> },
    { label: `Fees, ${currency}`, value: money(trade.fees, currency) },
    ...(trade.otherFees ?? []).map(({ amount, currency: other }) => ({
      label: `Fees, ${other}`,
      value: quantity(amount),
      hint: "In another currency, so that they are no part of the profit.",
    })),
    { label: "Held", value: duration(trade.holdingSeconds) },
    { label: "Left by", value: leftBy(trade) },
  ];
}

function Item({ item }: { item: LifecycleItem }) {
  return (
    <li className={classes.item}>
      <span className={classes.rail} aria-hidden />
      <div className={classes.itemHead}>
        <b>{eventWord(item.type)}</b>
        <span className="muted">
          <At at={item.at} />
        </span>
      </div>
      <details className={classes.detail}>
        <summary>
          <Said text={item.text} />{" "}
          <span className={`${classes.eventNumber} muted`}>event {item.seq}</span>
        </summary>
        {item.requestId === undefined ? null : (
          <div>
            caused by request <code>{item.requestId}</code>
          </div>
        )}
        <pre>{JSON.stringify(item.event, null, 2)}</pre>
      </details>
    </li>
  );
}
