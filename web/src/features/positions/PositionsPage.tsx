/** What is held and what is working, with the ticket for orders by hand. */
import { Button, Drawer } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { Older } from "~/components/Older";
import { Empty, PageHeader, Panel, Rows } from "~/components/Panel";
import { useIsPhone } from "~/components/screen";
import { useOrders, usePositions } from "~/realtime/hooks";
import { OrderTable } from "./OrderTable";
import { PositionTable } from "./PositionTable";
import { useDoneOrders } from "./useDoneOrders";
import classes from "./Positions.module.css";

const Ticket = lazy(() => import("./Ticket"));

export function PositionsPage() {
  const positions = usePositions();
  const working = useOrders().filter((order) => order.working);
  const done = useDoneOrders();
  const isPhone = useIsPhone();
  const navigate = useNavigate();
  const openTicket = () => void navigate({ to: "/positions", search: { ticket: "new" } });
  return (
    <>
      <PageHeader
        title="Positions & orders"
        about={isPhone ? "Stops, targets and orders by hand are on the desktop." : undefined}
        actions={isPhone ? undefined : <Button onClick={openTicket}>New order</Button>}
      />
      <div className={classes.stack}>
        <Panel title="Open positions" flush>
          <PositionTable
            positions={positions}
            showsProfile
            empty={
              <Empty title="Nothing is held">
                Positions appear here as soon as an entry fills, with their live profit and what
                protects them.
              </Empty>
            }
          />
        </Panel>
        <Panel title="Working orders" flush>
          <OrderTable
            label="Working orders"
            orders={working}
            showsProfile
            empty={
              <Empty title="No order is working">
                Orders that wait for a price at the venue can be cancelled here.
              </Empty>
            }
          />
        </Panel>
        <Panel title="Latest orders" flush>
          <OrderTable
            label="Latest orders"
            orders={done.orders}
            showsProfile
            empty={
              <Empty title="No order is done yet">Filled and cancelled orders follow here.</Empty>
            }
          />
          <Older query={done.query} />
        </Panel>
      </div>
      {isPhone ? null : <TicketDrawer />}
    </>
  );
}

function TicketDrawer() {
  const { ticket, symbol, profile } = useSearch({ from: "/positions" });
  const navigate = useNavigate();
  const close = () => void navigate({ to: "/positions", search: {}, replace: true });
  return (
    <Drawer
      opened={ticket !== undefined}
      onClose={close}
      position="right"
      size={420}
      title="New order"
      overlayProps={{ backgroundOpacity: 0.25 }}
    >
      <Suspense fallback={<Rows rows={8} />}>
        <Ticket
          key={`${symbol ?? ""}-${profile ?? ""}`}
          symbol={symbol}
          profileId={profile}
          onDone={close}
        />
      </Suspense>
    </Drawer>
  );
}
