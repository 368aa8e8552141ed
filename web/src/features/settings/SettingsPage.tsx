/** The account, its sessions, and how things look in this browser. */
import { Checkbox, SegmentedControl, Select, useMantineColorScheme } from "@mantine/core";
import { changePreferences, systemTimeZone, usePreferences } from "~/app/preferences";
import { useHasAccount, useUser } from "~/app/useSession";
import { Profit } from "~/components/Amount";
import { PageHeader, Panel } from "~/components/Panel";
import { zonesWith } from "~/format/time";
import { useServerSettings } from "~/realtime/hooks";
import { ChangePassword } from "./ChangePassword";
import { Sessions } from "./Sessions";
import classes from "./Settings.module.css";

export function SettingsPage() {
  const hasAccount = useHasAccount();
  return (
    <>
      <PageHeader title="Settings" />
      <div className={classes.grid}>
        <Appearance />
        {hasAccount ? <Account /> : null}
        {hasAccount ? <Sessions /> : null}
        <About />
      </div>
    </>
  );
}

function Appearance() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { profitColours, timeZone, shortcuts } = usePreferences();
  return (
    <Panel title="Appearance">
      <div className={classes.fields}>
        <div>
          <div className={classes.label}>Theme</div>
          <SegmentedControl
            aria-label="Theme"
            value={colorScheme}
            onChange={(value) => setColorScheme(value)}
            data={[
              { value: "auto", label: "System" },
              { value: "dark", label: "Dark" },
              { value: "light", label: "Light" },
            ]}
          />
        </div>
        <div>
          <div className={classes.label}>Profit and loss</div>
          <SegmentedControl
            aria-label="Profit and loss"
            value={profitColours}
            onChange={(value) => changePreferences({ profitColours: value })}
            data={[
              { value: "teal", label: "Teal and orange" },
              { value: "green", label: "Green and red" },
            ]}
          />
          <div className={classes.sample}>
            <Profit value="128.40" /> <Profit value="-96.15" />
            <span className="muted">
              Teal and orange can be told apart by everybody; the sign always says it too.
            </span>
          </div>
        </div>
        <Select
          label="Time zone"
          description="Times are shown in it; the pointer shows UTC as well."
          searchable
          allowDeselect={false}
          data={zonesWith(systemTimeZone)}
          value={timeZone}
          onChange={(zone) => zone !== null && changePreferences({ timeZone: zone })}
        />
        <Checkbox
          label="Single-key shortcuts"
          description="“n” opens a ticket, “g” and a letter goes to a view, “?” lists them all."
          checked={shortcuts}
          onChange={({ currentTarget }) => changePreferences({ shortcuts: currentTarget.checked })}
        />
      </div>
    </Panel>
  );
}

function Account() {
  const user = useUser();
  return (
    <Panel title="Account">
      <dl className={classes.account}>
        <dt>E-mail</dt>
        <dd>{user?.email ?? "–"}</dd>
        <dt>Roles</dt>
        <dd>{user?.roles.join(", ") ?? "–"}</dd>
        <dt>User id</dt>
        <dd>
          <code>{user?.id ?? "–"}</code>
        </dd>
      </dl>
      <ChangePassword />
    </Panel>
  );
}

function About() {
  const settings = useServerSettings();
  return (
    <Panel title="About">
      <p className={classes.about}>
        Ballast {settings?.version ?? ""}, product <code>{settings?.productId ?? "–"}</code>,{" "}
        {settings?.market ?? "–"} market
        {settings?.paperOnly === true ? ", paper money only" : ""}.
      </p>
      <p className={`${classes.about} muted`}>
        Charts: Lightweight Charts™, copyright 2025{" "}
        <a href="https://www.tradingview.com/" target="_blank" rel="noreferrer">
          TradingView, Inc.
        </a>
      </p>
    </Panel>
  );
}
