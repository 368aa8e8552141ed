/** Orders that are over: what was pushed, and older ones as far as they were asked for. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { ordersQuery } from "~/app/queries";
import type { OrderRow } from "~/api/types";
import { useOrders } from "~/realtime/hooks";

export function useDoneOrders(profile?: string) {
  const query = useInfiniteQuery(ordersQuery(profile));
  const pushed = useOrders();
  const asked = query.data?.pages;
  const orders = useMemo(() => {
    const own = pushed.filter(({ profileId }) => profile === undefined || profileId === profile);
    const older = asked?.flatMap(({ items }) => items) ?? [];
    return merged(own, older).filter(({ working }) => !working);
  }, [pushed, asked, profile]);
  return { orders, query };
}

/** What was pushed is newer than what was asked for. */
function merged(pushed: OrderRow[], asked: OrderRow[]): OrderRow[] {
  const byId = new Map([...asked, ...pushed].map((order) => [order.id, order]));
  return [...byId.values()].sort((a, b) => b.createdAt.localeCompare(a.createdAt));
}
