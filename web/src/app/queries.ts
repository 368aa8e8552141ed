/** What is asked for rather than pushed, with how long an answer holds. */
import {
  QueryClient,
  infiniteQueryOptions,
  keepPreviousData,
  queryOptions,
} from "@tanstack/react-query";
import { answerOf, platform, trading } from "~/api/client";
import { asProblem } from "~/api/problem";
import { onUserGone } from "~/api/session";
import { fromOf, type Range } from "~/components/range";
import { live } from "~/realtime/store";

// A browser that says it is offline may be wrong, and what a person asks for is sent now or fails
// now: nothing is kept back to be sent when they have stopped expecting it.
const networkMode = "always";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      networkMode,
      staleTime: 5_000,
      retry: (failures, error) => failures < 2 && asProblem(error).isUnreachable,
      refetchOnWindowFocus: false,
    },
    mutations: { networkMode, retry: false },
  },
});

const PAGE = 50;
/** How often it is asked again for what a server that was away has not said yet. */
const UNKNOWN_AGAIN_MS = 5_000;
const byId = (id: string) => ({ params: { path: { id } } });

/** Public, and asked for before anybody has signed in. */
export const configQuery = queryOptions({
  queryKey: ["config"],
  queryFn: () => answerOf(trading.GET("/api/config")),
  staleTime: Infinity,
  refetchInterval: ({ state: { data } }) => (data === undefined ? UNKNOWN_AGAIN_MS : false),
});

onUserGone(() => {
  const isPublic = (key: unknown) => key === "config" || key === "product";
  queryClient.removeQueries({ predicate: ({ queryKey }) => !isPublic(queryKey[0]) });
});

export const flagsQuery = queryOptions({
  queryKey: ["flags"],
  queryFn: () => answerOf(trading.GET("/api/feature-flags")),
  staleTime: 60_000,
});

export const productQuery = (productId: string) =>
  queryOptions({
    queryKey: ["product", productId],
    queryFn: () => answerOf(platform.GET("/platform/api/products/{id}/status", byId(productId))),
    refetchInterval: ({ state: { data } }) => (data === undefined ? UNKNOWN_AGAIN_MS : 30_000),
    retry: false,
  });

export const profileQuery = (id: string) =>
  queryOptions({
    queryKey: ["profile", id],
    queryFn: async () => {
      const asked = await trading.GET("/api/profiles/{id}", byId(id));
      const profile = await answerOf(Promise.resolve(asked));
      return { profile, etag: asked.response.headers.get("etag") ?? `"${profile.version}"` };
    },
  });

/** The tenant's limits and the product's, with the version that a change is made of. */
export const limitsQuery = queryOptions({
  queryKey: ["limits"],
  queryFn: async () => {
    const asked = await trading.GET("/api/limits");
    const limits = await answerOf(Promise.resolve(asked));
    return { limits, etag: asked.response.headers.get("etag") ?? `"${limits.version}"` };
  },
});

/** The newest first. */
export const versionsQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ["profile", id, "versions"],
    queryFn: ({ pageParam }) =>
      answerOf(
        trading.GET("/api/profiles/{id}/versions", {
          params: { path: { id }, query: { limit: PAGE, cursor: pageParam } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
  });

/** What stops a profile's entries; `heard` is what has been told of that meanwhile. */
export const explanationQuery = (id: string, heard: string) =>
  queryOptions({
    queryKey: ["profile", id, "explanation", heard],
    queryFn: () =>
      answerOf(
        trading.GET("/api/profiles/{id}/explanation", {
          params: { path: { id }, query: { lines: 0 } },
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: 5_000,
  });

export const timelineQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ["profile", id, "timeline"],
    queryFn: ({ pageParam }) =>
      answerOf(
        trading.GET("/api/profiles/{id}/evaluations", {
          params: { path: { id }, query: { limit: PAGE, cursor: pageParam } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
  });

export const ledgerQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ["profile", id, "ledger"],
    queryFn: ({ pageParam }) =>
      answerOf(
        trading.GET("/api/profiles/{id}/ledger", {
          params: { path: { id }, query: { limit: PAGE, cursor: pageParam } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
  });

/** A longer span is more to read and changes less. */
const intervalOf = (range: Range) => (range === "day" ? 15_000 : 60_000);
const spanOf = (range: Range) => ({ from: fromOf(range, live.state.at) });

export const profilePerformanceQuery = (id: string, range: Range) =>
  queryOptions({
    queryKey: ["profile", id, "performance", range],
    queryFn: () =>
      answerOf(
        trading.GET("/api/profiles/{id}/performance", {
          params: { path: { id }, query: spanOf(range) },
        }),
      ),
    refetchInterval: intervalOf(range),
  });

export const performanceQuery = (range: Range) =>
  queryOptions({
    queryKey: ["performance", range],
    queryFn: () => answerOf(trading.GET("/api/performance", { params: { query: spanOf(range) } })),
    refetchInterval: intervalOf(range),
  });

export const instrumentsQuery = queryOptions({
  queryKey: ["instruments"],
  queryFn: () => answerOf(trading.GET("/api/instruments", { params: { query: { limit: 200 } } })),
  staleTime: 300_000,
});

export const candlesQuery = (symbol: string, timeframe: string, profile?: string) =>
  queryOptions({
    queryKey: ["candles", symbol, timeframe, profile],
    queryFn: () =>
      answerOf(
        trading.GET("/api/candles", {
          params: { query: { symbol, timeframe, limit: 500, profile } },
        }),
      ),
  });

export interface TradeFilter {
  profile?: string;
  symbol?: string;
  from?: string;
  to?: string;
}

export const tradesQuery = (filter: TradeFilter) =>
  infiniteQueryOptions({
    queryKey: ["trades", filter],
    queryFn: ({ pageParam }) =>
      answerOf(
        trading.GET("/api/trades", {
          params: { query: { ...filter, limit: 200, cursor: pageParam } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
  });

export const ordersQuery = (profile?: string) =>
  infiniteQueryOptions({
    queryKey: ["orders", profile],
    queryFn: ({ pageParam }) =>
      answerOf(
        trading.GET("/api/orders", {
          params: { query: { profile, limit: PAGE, cursor: pageParam } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
  });

/** An order with the version that a change is made of. */
export async function askForOrder(id: string) {
  const asked = await trading.GET("/api/orders/{id}", byId(id));
  const order = await answerOf(Promise.resolve(asked));
  return { order, etag: asked.response.headers.get("etag") ?? "*" };
}

export const tradeQuery = (id: string) =>
  queryOptions({
    queryKey: ["trade", id],
    queryFn: () => answerOf(trading.GET("/api/trades/{id}", byId(id))),
  });

export const lifecycleQuery = (tradeId: string) =>
  queryOptions({
    queryKey: ["lifecycle", tradeId],
    queryFn: () =>
      answerOf(trading.GET("/api/lifecycle/canonical", { params: { query: { tradeId } } })),
  });

export const alertsQuery = infiniteQueryOptions({
  queryKey: ["alerts"],
  queryFn: ({ pageParam }) =>
    answerOf(trading.GET("/api/alerts", { params: { query: { limit: PAGE, cursor: pageParam } } })),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.nextCursor,
});

export const backtestsQuery = infiniteQueryOptions({
  queryKey: ["backtests"],
  queryFn: ({ pageParam }) =>
    answerOf(
      trading.GET("/api/backtest", { params: { query: { limit: PAGE, cursor: pageParam } } }),
    ),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.nextCursor,
});

export const backtestQuery = (id: string) =>
  queryOptions({
    queryKey: ["backtest", id],
    queryFn: () => answerOf(trading.GET("/api/backtest/{id}", byId(id))),
    // Progress is pushed too; this is for when the socket is away.
    refetchInterval: ({ state: { data } }) =>
      data === undefined || data.state === "running" || data.state === "queued" ? 2_000 : false,
  });

/** Of one version of control: another has another list. */
export const controlsQuery = (version: number) =>
  queryOptions({
    queryKey: ["controls", version],
    queryFn: () => answerOf(trading.GET("/api/admin/controls")),
    placeholderData: keepPreviousData,
  });

export const sessionsQuery = queryOptions({
  queryKey: ["sessions"],
  queryFn: () => answerOf(platform.GET("/platform/api/auth/sessions")),
});
