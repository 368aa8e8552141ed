/** The control panel: what trades, who stopped it and why, and the tenants behind it. */
import type { Health } from "~/api/types";
import { useEmails } from "~/app/useEmails";
import { useUser } from "~/app/useSession";
import { isOperator } from "~/app/shell/navigation";
import { Badge, type Tone } from "~/components/Badge";
import { CardLines, DataTable, type Column } from "~/components/DataTable";
import { Empty, Figures, PageHeader, Panel, Rows, type Figure } from "~/components/Panel";
import { Ago } from "~/components/Time";
import { count, moneyIn } from "~/format/number";
import { plural, spoken } from "~/format/words";
import { useControl, useHealth } from "~/realtime/hooks";
import { StopsPanel } from "./StopsPanel";
import { Switch } from "./Switch";
import { useTenants, type TenantRow } from "./useTenants";
import classes from "./Operator.module.css";

export function OperatorPage() {
  const user = useUser();
  if (!isOperator(user)) {
    return (
      <Empty title="This page is for operators">
        Ask an administrator for the role if you need to pause or resume trading.
      </Empty>
    );
  }
  return <ControlPanel />;
}

function ControlPanel() {
  const control = useControl();
  const health = useHealth();
  return (
    <>
      <PageHeader
        title="Control"
        about="A pause takes effect at once, everywhere. Exits, stops and targets go on."
      />
      <div className={classes.grid}>
        <Panel title="Trading">
          {control === undefined ? <Rows /> : <Switch control={control} />}
        </Panel>
        <Panel title="Health">
          {health === undefined ? <Rows /> : <HealthFigures health={health} />}
        </Panel>
        <StopsPanel version={control?.version ?? 0} />
        <TenantsPanel />
      </div>
    </>
  );
}

function TenantsPanel() {
  const { tenants, heardAt, isOld, refused } = useTenants();
  const emailOf = useEmails();
  return (
    <Panel title="Tenants" flush className={`${classes.full} ${isOld ? "old" : ""}`}>
      {refused === undefined ? null : (
        <p className={classes.note}>
          The list of tenants was refused: {spoken(refused)}. It is asked for again by itself.
        </p>
      )}
      {isOld ? (
        <p className={classes.note} role="status">
          No live connection to the tenants: what you see was last known{" "}
          <Ago at={new Date(heardAt).toISOString()} />.
        </p>
      ) : null}
      {tenants === undefined ? (
        <Rows />
      ) : (
        <DataTable
          label="Tenants"
          columns={tenantColumns(emailOf)}
          rows={tenants}
          rowKey={({ tenantId }) => tenantId}
          card={(tenant) => <TenantCard tenant={tenant} emailOf={emailOf} />}
          empty={
            <Empty title="No tenant yet">
              A tenant begins with a person&rsquo;s first sign-in.
            </Empty>
          }
        />
      )}
    </Panel>
  );
}

function HealthFigures({ health }: { health: Health }) {
  return (
    <>
      {health.error === undefined ? null : <p className={classes.fault}>{health.error}</p>}
      <Figures figures={[...loops(health), ...reconciliation(health)]} />
    </>
  );
}

function LoopState({ isHealthy }: { isHealthy: boolean }) {
  return (
    <Badge tone={isHealthy ? "good" : "critical"}>
      {isHealthy ? "Healthy" : "Needs attention"}
    </Badge>
  );
}

function loops(health: Health): Figure[] {
  const stores: Record<Health["store"]["state"], Tone> = {
    ok: "good",
    degraded: "warning",
    unavailable: "critical",
  };
  const { store, feeds } = health;
  return [
    { label: "Trading loop", value: <LoopState isHealthy={health.tradingLoopHealthy} /> },
    { label: "Order sync", value: <LoopState isHealthy={health.orderSyncHealthy} /> },
    {
      label: "Store",
      value: (
        <Badge tone={stores[store.state]}>
          {spoken(store.state)}
          {store.latencyMs === undefined ? "" : `, ${store.latencyMs} ms`}
        </Badge>
      ),
    },
    ...feeds.map(({ venue, state: feedState, lastEventAgeMs }) => ({
      label: `Prices of ${venue}`,
      value: (
        <Badge tone={feedState === "live" ? "good" : "warning"}>
          {spoken(feedState)}
          {lastEventAgeMs === undefined ? "" : `, ${count(lastEventAgeMs)} ms`}
        </Badge>
      ),
    })),
    { label: "Capital violations", value: count(health.capitalInvariantViolations) },
  ];
}

/** How far the venue agrees; nothing is claimed before it was asked for the first time. */
function reconciliation(health: Health): Figure[] {
  const lastRun = health.reconciliationLastRun;
  if (lastRun === null) return [{ label: "Reconciliation", value: "Never run" }];
  return [
    {
      label: "Reconciliation",
      value: <LoopState isHealthy={health.reconciliationLoopHealthy} />,
    },
    { label: "Reconciled", value: <Ago at={lastRun} /> },
    { label: "Mismatches", value: count(health.reconciliationMismatchCount) },
    { label: "Quarantined trades", value: count(health.reconciliationParityQuarantinedTrades) },
    {
      label: "Largest mismatch",
      value: moneyIn(health.reconciliationParityMaxMismatchNotionalUsd, "USD"),
    },
    {
      label: "Integrity watchdog",
      value: (
        <Badge tone={health.reconciliationIntegrityWatchdogTriggered ? "critical" : "good"}>
          {health.reconciliationIntegrityWatchdogTriggered ? "Triggered" : "Quiet"}
        </Badge>
      ),
    },
  ];
}

type EmailOf = (id: string) => string;

function TenantState({ running }: TenantRow) {
  return <Badge tone={running ? "good" : "critical"}>{running ? "Running" : "Stopped"}</Badge>;
}

function TenantName({ tenantId, emailOf }: { tenantId: string; emailOf: EmailOf }) {
  const email = emailOf(tenantId);
  if (email === tenantId) return <code>{tenantId}</code>;
  return (
    <>
      {email} <code className="muted">{tenantId}</code>
    </>
  );
}

function TenantCard({ tenant, emailOf }: { tenant: TenantRow; emailOf: EmailOf }) {
  const { tenantId, profiles, openPositions, seq, error } = tenant;
  return (
    <>
      <CardLines
        title={emailOf(tenantId)}
        value={<TenantState {...tenant} />}
        detail={`${plural(profiles, "profile")}, ${plural(openPositions, "open position")}`}
        valueDetail={`journal ${count(seq)}`}
      />
      {error === undefined ? null : <p className={classes.why}>{error}</p>}
    </>
  );
}

const tenantColumns = (emailOf: EmailOf): Column<TenantRow>[] => [
  {
    key: "id",
    header: "Tenant",
    cell: ({ tenantId }) => <TenantName tenantId={tenantId} emailOf={emailOf} />,
  },
  { key: "state", header: "State", cell: (tenant) => <TenantState {...tenant} /> },
  { key: "profiles", header: "Profiles", numeric: true, cell: ({ profiles }) => count(profiles) },
  {
    key: "positions",
    header: "Open positions",
    numeric: true,
    cell: ({ openPositions }) => count(openPositions),
  },
  { key: "seq", header: "Journal", numeric: true, cell: ({ seq }) => count(seq) },
  {
    key: "error",
    header: "Trouble",
    wide: true,
    wraps: true,
    cell: ({ error }) => error ?? <span className="muted">None</span>,
  },
];
