/** What the risk gate would say to an order, before anything is sent. */
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { answerOf, trading } from "~/api/client";
import { asProblem } from "~/api/problem";
import type {
  ManualOrder,
  OrderPreview,
  PreviewedOrder,
  ProfileRow,
  RefusalBody,
} from "~/api/types";
import { Profit } from "~/components/Amount";
import { ProblemNote } from "~/components/ProblemNote";
import { RefusalWords } from "~/components/RefusalWords";
import { Ago } from "~/components/Time";
import { money, price, quantity } from "~/format/number";
import { orderType, plural } from "~/format/words";
import { useControl, useEvaluation, usePositions, useTickSize } from "~/realtime/hooks";
import { leavesNext } from "./nextClose";
import classes from "./Positions.module.css";

const DEBOUNCE_MS = 300;
const ASK_AGAIN_MS = 5_000;

export interface Preview {
  /** Undefined while the gate is being asked about exactly this order. */
  answer: OrderPreview | undefined;
  error: Error | null;
}

export function usePreview(order: ManualOrder | undefined): Preview {
  const text = order === undefined ? "" : JSON.stringify(order);
  const [settled] = useDebouncedValue(text, DEBOUNCE_MS);
  const control = useControl();
  const query = useQuery({
    // A pause changes the answer, so that it is asked for again.
    queryKey: ["preview", settled, control?.version],
    queryFn: () =>
      answerOf(trading.POST("/api/orders/preview", { body: JSON.parse(settled) as ManualOrder })),
    enabled: settled !== "",
    staleTime: 0,
    refetchInterval: ASK_AGAIN_MS,
  });
  const isSettled = settled === text;
  return { answer: isSettled ? query.data : undefined, error: isSettled ? query.error : null };
}

export function GateAnswer(props: {
  missing: string | undefined;
  preview: Preview;
  order: ManualOrder | undefined;
  profile: ProfileRow;
  /** The fields that are told of at their own place. */
  placed: string[];
}) {
  const { missing, preview, order, profile, placed } = props;
  const { answer, error } = preview;
  const isPair = order?.oco !== undefined;
  return (
    <div aria-live="polite">
      {missing !== undefined ? (
        <div className={classes.answer}>
          <span className="muted">{missing}</span>
        </div>
      ) : error !== null ? (
        <ProblemNote
          error={error}
          placed={placed}
          title={
            !isTurnedAway(error)
              ? "The gate could not be asked."
              : isPair
                ? "These orders cannot be sent."
                : "This order cannot be sent."
          }
        />
      ) : answer === undefined ? (
        <div className={classes.answer}>
          <span className="muted">Asking the gate…</span>
        </div>
      ) : answer.accepted && order !== undefined ? (
        <>
          <Accepted preview={answer} symbol={order.symbol} currency={profile.capital.currency} />
          {answer.order?.effect === "enter" ? <LeftNext asked={order} profile={profile} /> : null}
          <OtherLeftNext asked={order} profile={profile} />
        </>
      ) : answer.refusal === undefined ? null : (
        <Refused refusal={answer.refusal} isOfOther={answer.refusesOther} isPair={isPair} />
      )}
    </div>
  );
}

/** Whether the server has understood what is asked for, and says what is wrong with it. */
function isTurnedAway(error: Error): boolean {
  const { status } = asProblem(error);
  return status >= 400 && status < 500;
}

function Refused(props: { refusal: RefusalBody; isOfOther: boolean; isPair: boolean }) {
  const { refusal, isOfOther, isPair } = props;
  const which = isOfOther ? "the other order" : "the first order";
  return (
    <div className={classes.answer} data-accepted="false" title={`code ${refusal.code}`}>
      <strong>
        {isPair
          ? `The gate would refuse ${which}, so that neither is placed`
          : "The gate would refuse it"}
      </strong>
      <p>
        <RefusalWords refusal={refusal} />
      </p>
    </div>
  );
}

function Accepted(props: { preview: OrderPreview; symbol: string; currency: string }) {
  const { preview, symbol, currency } = props;
  const { order, oco, availableBefore, availableAfter = availableBefore } = preview;
  if (order === undefined) return null;
  return (
    <div className={classes.answer} data-accepted="true">
      <strong>
        {oco === undefined ? "The gate would accept it" : "The gate would accept both"}
      </strong>
      {order.tradeId === undefined ? null : <Leaves tradeId={order.tradeId} />}
      {oco === undefined ? null : <LegTitle leg={order} />}
      <Leg leg={order} symbol={symbol} currency={currency} />
      {oco === undefined ? null : (
        <>
          <LegTitle leg={oco} />
          <Leg leg={oco} symbol={symbol} currency={currency} />
          <p className={classes.both}>
            Each reserves its own cost: until the venue has cancelled one, both may fill.
          </p>
        </>
      )}
      <dl>
        <dt>Available afterwards, {currency}</dt>
        <dd className="number" title={`now ${money(availableBefore, currency)}`}>
          {money(availableAfter, currency)}
        </dd>
      </dl>
    </div>
  );
}

function LegTitle({ leg: { side, type } }: { leg: PreviewedOrder }) {
  return (
    <p className={classes.leg}>
      {side === "buy" ? "Buy" : "Sell"}, {orderType(type).toLowerCase()}
    </p>
  );
}

function Leg(props: { leg: PreviewedOrder; symbol: string; currency: string }) {
  const { leg, symbol, currency } = props;
  const tick = useTickSize(symbol);
  const { resultAtStop } = leg;
  return (
    <dl>
      <dt>Quantity</dt>
      <dd className="number">{quantity(leg.quantity)}</dd>
      <dt>Expected price</dt>
      <dd className="number">{shown(leg.estimatedPrice, (value) => price(value, tick))}</dd>
      <dt>Worth</dt>
      <dd className="number">{shown(leg.notional, money)}</dd>
      <dt>Fees, about</dt>
      <dd className="number">{shown(leg.fees, money)}</dd>
      {resultAtStop === undefined ? null : (
        <>
          <dt title="With the fees of the entry and of the exit.">At the stop, about</dt>
          <dd>
            <Profit value={resultAtStop} currency={currency} />
          </dd>
        </>
      )}
      <dt>Reserved, {currency}</dt>
      <dd className="number">{money(leg.reserved, currency)}</dd>
    </dl>
  );
}

type Leaving = Pick<ManualOrder, "symbol" | "side" | "type">;

/** The same of the other order of a pair, where it goes the other way. */
function OtherLeftNext({ asked, profile }: { asked: ManualOrder; profile: ProfileRow }) {
  const other = asked.oco !== undefined && "entry" in asked.oco ? asked.oco.entry : undefined;
  if (other === undefined || other.side === asked.side) return null;
  return <LeftNext asked={{ symbol: asked.symbol, ...other }} profile={profile} />;
}

/** That the profile's own rules would leave what the order enters. It is said, and stops nobody. */
function LeftNext({ asked, profile }: { asked: Leaving; profile: ProfileRow }) {
  const evaluation = useEvaluation(profile.id, asked.symbol);
  if (evaluation === undefined || profile.state !== "running") return null;
  const direction = asked.side === "buy" ? "long" : "short";
  const leaves = leavesNext(evaluation, direction);
  if (leaves === undefined) return null;
  const rule = leaves === "exit" ? "exit rule" : "rule to enter the other way";
  const what = leaves === "exit" ? "leave" : "turn around";
  return (
    <p className={classes.caution} role="note">
      {asked.type === "market"
        ? `The profile's ${rule} holds now: it would ${what} this position when its next bar ` +
          "closes."
        : `The profile's ${rule} holds now: if it still does when the order fills, it would ` +
          `${what} the position when its next bar closes.`}
    </p>
  );
}

/** Which trade the order leaves; where more than one could be meant, that the others stay. */
function Leaves({ tradeId }: { tradeId: string }) {
  const positions = usePositions();
  const left = positions.find((position) => position.tradeId === tradeId);
  const tick = useTickSize(left?.symbol ?? "");
  if (left === undefined) return <p>It leaves a position that is being opened.</p>;
  const { symbol, direction, quantity: held, entryPrice, openedAt, profileId } = left;
  const others = positions.filter(
    (other) =>
      other.tradeId !== tradeId &&
      other.profileId === profileId &&
      other.symbol === symbol &&
      other.direction === direction,
  ).length;
  return (
    <p>
      It leaves the {direction} position of {quantity(held)} {symbol} from {price(entryPrice, tick)}
      , opened <Ago at={openedAt} />
      {others === 0
        ? "."
        : `. The profile has ${plural(others, "other")} in ${symbol}, which ${
            others === 1 ? "stays" : "stay"
          } open; close ${others === 1 ? "it" : "those"} in the list of positions.`}
    </p>
  );
}

function shown(value: string | undefined, format: (value: string) => string): string {
  return value === undefined ? "–" : format(value);
}
