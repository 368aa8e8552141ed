/** Where a profile's money is and how it came there: double entry, never changed. */
import { useInfiniteQuery } from "@tanstack/react-query";
import type { Transfer } from "~/api/types";
import { ledgerQuery } from "~/app/queries";
import { CardLines, DataTable, type Column } from "~/components/DataTable";
import { Older } from "~/components/Older";
import { Empty, Figures, Rows } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";
import { At } from "~/components/Time";
import { money } from "~/format/number";
import { accountWord } from "~/format/words";
import classes from "./Profile.module.css";

const COLUMNS: Column<Transfer>[] = [
  { key: "at", header: "When", cell: ({ at }) => <At at={at} /> },
  { key: "text", header: "What", wide: true, cell: ({ text }) => text },
  { key: "debit", header: "From", cell: ({ debit }) => accountWord(debit) },
  { key: "credit", header: "To", cell: ({ credit }) => accountWord(credit) },
  {
    key: "amount",
    header: "Amount",
    numeric: true,
    cell: ({ amount, currency }) => money(amount, currency),
  },
];

/** The account that is debited gives, the one that is credited takes. */
function movement(debit: string, credit: string): string {
  return `from ${accountWord(debit).toLowerCase()} to ${accountWord(credit).toLowerCase()}`;
}

export function Ledger({ profileId, currency }: { profileId: string; currency: string }) {
  const query = useInfiniteQuery(ledgerQuery(profileId));
  const balances = query.data?.pages[0]?.balances;
  const transfers = query.data?.pages.flatMap(({ items }) => items) ?? [];
  const of = (balance: string | undefined) => money(balance ?? "0", currency);
  if (query.isPending) return <Rows rows={8} />;
  return (
    <>
      <ProblemNote error={query.error} onRetry={() => void query.refetch()} />
      {balances === undefined ? null : (
        <div className={classes.now}>
          <Figures
            figures={[
              { label: `Capital, ${currency}`, value: of(balances.capital) },
              { label: "Available", value: of(balances.available) },
              { label: "Reserved for orders", value: of(balances.reservedOrders) },
              { label: "In positions", value: of(balances.reservedPositions) },
              { label: "Realised profit", value: of(balances.realizedPnl) },
              { label: "Fees", value: of(balances.fees) },
            ]}
          />
        </div>
      )}
      <DataTable
        label="Transfers"
        columns={COLUMNS}
        rows={transfers}
        rowKey={({ id }) => id}
        empty={<Empty title="No transfer yet">Every order and every fill moves money here.</Empty>}
        card={({ text, amount, currency: own, at, debit, credit }) => (
          <CardLines
            title={text}
            value={money(amount, own)}
            detail={movement(debit, credit)}
            valueDetail={<At at={at} />}
          />
        )}
      />
      <Older query={query} />
    </>
  );
}
