// The server's description of itself, in the form that openapi-typescript writes. To be replaced
// by the generated file; nothing else in the application says what travels on the wire.

type Answer<T> = { headers: { [name: string]: unknown }; content: { "application/json": T } };
type Empty = { headers: { [name: string]: unknown }; content?: never };
type Failure = {
  headers: { [name: string]: unknown };
  content: { "application/problem+json": components["schemas"]["Problem"] };
};
type Parameters<Q = never, P = never, H = never> = {
  query?: Q; header?: H; path?: P; cookie?: never;
};
type Id = { path: { id: string }; query?: never; header?: never; cookie?: never };
type IdWithMatch = {
  path: { id: string };
  header: { "If-Match": string };
  query?: never; cookie?: never;
};
type Get<T, P = Parameters> = {
  parameters: P; requestBody?: never;
  responses: { 200: Answer<T>; default: Failure };
};
type Write<B, T, P = Parameters, S extends number = 200> = {
  parameters: P;
  requestBody: { content: { "application/json": B } };
  responses: { [status in S]: Answer<T> } & { default: Failure };
};
type WriteEmpty<B, P = Parameters> = {
  parameters: P;
  requestBody: { content: { "application/json": B } };
  responses: { 204: Empty; default: Failure };
};
type Act<T, P = Parameters, S extends number = 200> = {
  parameters: P; requestBody?: never;
  responses: { [status in S]: Answer<T> } & { default: Failure };
};
type ActEmpty<P = Parameters> = {
  parameters: P; requestBody?: never;
  responses: { 204: Empty; default: Failure };
};
type Page = { cursor?: string; limit?: number };
type Items<T> = { items: T[]; nextCursor?: string };
type Schemas = components["schemas"];

export interface components {
  schemas: {
    Decimal: string; Instant: string;
    FieldError: { field: string; message: string; line?: number; column?: number };
    RefusalBody: { code: string; text: string } & { [number: string]: unknown };
    Problem: {
      type?: string; title: string; status: number; code: string; detail?: string;
      requestId?: string; errors?: Schemas["FieldError"][]; refusal?: Schemas["RefusalBody"];
    };

    Capital: { currency: string; allocated: string };
    Limits: {
      maxOpenPositions?: number; maxOrderNotional?: string; maxOrderQuantity?: string;
      maxDataAgeMs?: number;
    };
    ProfileRow: {
      id: string; version: number; name: string; venue: string;
      mode: "paper" | "live";
      status: "running" | "stopped" | "underReview"; statusReason?: string; enters: boolean;
      changedBy: string; capital: Schemas["Capital"]; symbols: string[]; timeframe: string;
      kind: string; available: string; reservedForOrders: string; reservedForPositions: string;
      realizedPnl: string; unrealizedPnl: string; fees: string; equity: string; dayProfit: string;
      dayProfitPct?: string; openPositions: number; workingOrders: number;
      evaluations: Schemas["EvaluationRow"][]; updatedAt: string;
    };
    StrategyConfig: { [field: string]: unknown };
    Profile: Schemas["ProfileRow"] & {
      strategyConfig: Schemas["StrategyConfig"]; limits: Schemas["Limits"];
    };
    ProfileWrite: {
      name: string; strategyConfig: Schemas["StrategyConfig"]; capital: Schemas["Capital"];
      venue: string;
      mode: "paper" | "live"; limits?: Schemas["Limits"]; timeZone?: string;
    };
    ProfileVersion: {
      version: number; at: string; by: string;
      document: { [field: string]: unknown };
    };
    FlattenAnswer: {
      orders: Schemas["OrderRow"][]; cancelled: string[]; refused: Schemas["RefusalBody"][];
    };

    RuleRow: {
      role: "entry" | "exit" | "entryShort" | "exitShort"; name: string;
      state: "pass" | "fail" | "notReady"; text: string;
    };
    EvaluationRow: {
      profileId: string; symbol: string; at: string;
      decision: "enterLong" | "enterShort" | "exit" | "reverseLong" | "reverseShort" | "hold";
      hold?: string; text: string; rules: Schemas["RuleRow"][];
    };
    TimelineRow:
      | {
          kind: "evaluation"; seq: number; at: string; requestId?: string;
          evaluation: Schemas["EvaluationRow"];
        }
      | {
          kind: "refusal"; seq: number; at: string; profileId: string; symbol: string;
          origin: "strategy" | "manual"; code: string; text: string; what: string;
        }
      | {
          kind: "status"; seq: number; at: string; profileId: string; status: string;
          reason: string;
        }
      | { kind: "order" | "fill" | "stop"; seq: number; at: string; text: string };

    OrderRow: {
      id: string; clientOrderId: string; intentId: string; tradeId?: string; profileId: string;
      symbol: string;
      side: "buy" | "sell";
      type: "market" | "limit" | "stop" | "stop_limit" | "trailing_stop"; limitPrice?: string;
      stopPrice?: string; trailDistance?: string;
      timeInForce: "day" | "gtc" | "ioc" | "fok" | "atClose"; quantity: string;
      filledQuantity: string; averagePrice?: string;
      status:
        | "pendingSubmit"
        | "accepted"
        | "partiallyFilled"
        | "pendingCancel"
        | "unknown"
        | "filled"
        | "cancelled"
        | "rejected"
        | "expired"
        | "voided";
      working: boolean;
      purpose: "enter" | "exit";
      direction?: "long" | "short"; exitReason?: string;
      origin: "strategy" | "manual"; by?: string; reason?: string; createdAt: string;
      updatedAt: string;
    };
    PositionRow: {
      tradeId: string; profileId: string; symbol: string;
      direction: "long" | "short"; quantity: string; entryPrice: string; openedAt: string;
      stop?: { level: string; kind: "stopLoss" | "breakEven" | "trailing" | "liquidation" };
      targets: { level: string; quantity: string; filled: boolean }[];
      lastPrice?: string; lastPriceAt?: string; unrealizedPnl?: string; unrealizedPct?: string;
      realizedPnl: string; fees: string; cost: string; currency: string; riskToStop?: string;
    };
    TradeRow: {
      id: string; profileId: string; symbol: string;
      direction: "long" | "short"; openedAt: string; closedAt: string; quantity: string;
      entryPrice: string; exitPrice: string; pnl: string; pnlPct: string; fees: string;
      currency: string; exitReason: string; holdingSeconds: number;
    };
    LifecycleItem: {
      seq: number; at: string; type: string; text: string; requestId?: string;
      event: { [field: string]: unknown };
    };
    Lifecycle: { tradeId: string; items: Schemas["LifecycleItem"][] };
    AlertRow: {
      id: string; at: string;
      severity: "info" | "warning" | "critical"; code: string; text: string; profileId?: string;
      symbol?: string; acknowledgedAt?: string;
    };
    SymbolRow: {
      symbol: string;
      assetClass: "stock" | "forex" | "crypto"; quote: string; tick: string; lot: string;
      price?: string; at?: string; dayChangePct?: string; stale: boolean;
    };
    Instrument: {
      symbol: string;
      assetClass: "stock" | "forex" | "crypto"; quote: string; tick: string; lot: string;
      minNotional?: string;
    };
    Control: {
      mode: "RUNNING" | "PAUSED" | "HALTED"; lastChangedBy: string; lastChangedAt: string;
      reason?: string; version: number;
    };
    FeedHealth: {
      venue: string; lastEventAgeMs?: number;
      state: "live" | "stale" | "ended" | "starting";
    };
    Health: {
      state: "live" | "degraded" | "starting"; tradingControl: string;
      tradingLoopHealthy: boolean; orderSyncHealthy: boolean; reconciliationLoopHealthy: boolean;
      reconciliationMismatchCount: number; reconciliationLastRun?: string;
      reconciliationParityQuarantinedTrades: number;
      reconciliationParityMaxMismatchNotionalUsd: string;
      reconciliationIntegrityWatchdogTriggered: boolean; capitalInvariantViolations: number;
      feeds: Schemas["FeedHealth"][];
      store: { state: "ok" | "degraded" | "unavailable"; latencyMs?: number };
      error?: string;
    };
    Settings: {
      market: "simulated" | "replay"; paperOnly: boolean; version: string; productId: string;
    };
    BotState: {
      tenantId: string; seq: number; at: string; health: Schemas["Health"];
      control: Schemas["Control"]; profiles: Schemas["ProfileRow"][];
      symbols: { [symbol: string]: Schemas["SymbolRow"] };
      orders: Schemas["OrderRow"][]; positions: Schemas["PositionRow"][];
      trades: Schemas["TradeRow"][]; alerts: Schemas["AlertRow"][]; settings: Schemas["Settings"];
    };

    Transfer: {
      id: string; at: string; debit: string; credit: string; amount: string; currency: string;
      text: string; seq: number;
    };
    Ledger: Items<Schemas["Transfer"]> & {
      balances: {
        capital: string; reservedOrders: string; reservedPositions: string; realizedPnl: string;
        fees: string; available: string;
      };
    };
    Performance: {
      currency: string;
      points: { at: string; equity: string }[];
      statistics: {
        closedTrades: number; winRatePct?: string; profitFactor?: string; netProfit: string;
        fees: string; maxDrawdownPct: string; bestTrade?: string; worstTrade?: string;
        averageHoldingSeconds?: number; expectancy?: string;
      };
    };
    Candles: {
      symbol: string; timeframe: string;
      bars: {
        time: string; open: string; high: string; low: string; close: string; volume: string;
      }[];
      indicators: { expression: string; onPrice: boolean; values: (number | null)[] }[];
    };

    Protection: { percent: string } | { price: string };
    ManualOrder: {
      profileId: string; symbol: string;
      side: "buy" | "sell"; type: Schemas["OrderRow"]["type"]; quantity?: string;
      notional?: string; limitPrice?: string; stopPrice?: string; trailDistance?: string;
      timeInForce?: Schemas["OrderRow"]["timeInForce"]; stopLoss?: Schemas["Protection"];
      takeProfit?: Schemas["Protection"]; reduceOnly?: boolean;
    };
    ManualOrderAccepted: {
      intentId: string; orderId: string; tradeId: string; clientOrderId: string; status: string;
    };
    OrderPreview:
      | {
          accepted: true;
          order: {
            side: "buy" | "sell"; quantity: string; type: Schemas["OrderRow"]["type"];
            estimatedPrice: string; notional: string; reserved: string; fees: string;
          };
          availableBefore: string; availableAfter: string;
        }
      | { accepted: false; refusal: Schemas["RefusalBody"] };
    StrategyCheck: {
      valid: boolean;
      errors: { path: string; message: string; line?: number; column?: number }[];
      warnings?: { path?: string; message: string }[];
    };

    PublicConfig: {
      productId: string; version: string;
      market: "simulated" | "replay"; paperOnly: boolean;
      registration: "open" | "closed"; platformUrl: string; timeZone: string;
    };
    FeatureFlags: {
      version: number;
      backtest: { enabled: boolean; customerEnabled: boolean };
      tabs: { marketplace: boolean; membership: boolean };
      assistant: boolean; liveTrading: boolean; push: boolean;
    };

    BacktestRequest: {
      symbols: string[]; timeframe: string; strategyConfig: Schemas["StrategyConfig"];
      cash: string; feePct: string; slippageBps: string;
      range?: { from: string; to: string };
      data: { source: "upload" } | { source: "market" };
      stamped?: "open" | "close";
    };
    BacktestTrade: {
      side: "long" | "short"; symbol?: string; entryTime: string;
      entryPrice: string | number;
      exitTime: string | null;
      exitPrice: string | number | null;
      quantity: string | number;
      pnl: string | number | null;
      exitReason: string | null;
    };
    BacktestSummary: {
      finalEquity: string | number;
      returnPct: string | number; closedTrades: number; openTrades: number;
      maxDrawdownPct: string | number;
      sharpe: string | number | null;
      sortino: string | number | null;
      calmar: string | number | null;
      winRatePct: string | number | null;
      profitFactor: string | number | null;
      fees: string | number; bars: number; elapsedMs: number; barsPerSecond: number;
      trades?: Schemas["BacktestTrade"][];
    };
    Backtest: {
      id: string;
      state: "queued" | "running" | "done" | "failed" | "cancelled"; progressPct: number;
      bars?: number; error?: string; request: Schemas["BacktestRequest"]; createdAt: string;
      summary?: Schemas["BacktestSummary"];
    };

    User: { id: string; email: string; roles: string[]; displayName?: string };
    TokenAnswer: {
      accessToken: string; refreshToken?: string; tokenType: string; expiresIn: number;
      user: Schemas["User"];
    };
    Session: {
      id: string; createdAt: string; lastSeenAt?: string; userAgent?: string; address?: string;
      current: boolean;
    };
    ProductStatus: {
      state: "active" | "maintenance" | "disabled"; message?: string; until?: string;
      minClientVersion?: string;
    };
  };
}

type TradeFilter = Page & { profile?: string; symbol?: string; from?: string; to?: string };
type OrderFilter = Page & { profile?: string; symbol?: string; status?: string };

export interface paths {
  "/api/state": { get: Get<Schemas["BotState"]> };
  "/api/profiles": {
    get: Get<Items<Schemas["ProfileRow"]>>;
    post: Write<Schemas["ProfileWrite"], Schemas["Profile"], Parameters, 201>;
  };
  "/api/profiles/{id}": {
    get: Get<Schemas["Profile"], Id>;
    put: Write<Schemas["ProfileWrite"], Schemas["Profile"], IdWithMatch>;
    delete: ActEmpty<IdWithMatch>;
  };
  "/api/profiles/{id}/start": { post: Write<{ acknowledge?: boolean }, Schemas["Profile"], Id> };
  "/api/profiles/{id}/stop": { post: Write<Record<string, never>, Schemas["Profile"], Id> };
  "/api/profiles/{id}/flatten": { post: Write<{ reason?: string }, Schemas["FlattenAnswer"], Id> };
  "/api/profiles/{id}/versions": { get: Get<Items<Schemas["ProfileVersion"]>, Id> };
  "/api/profiles/{id}/evaluations": {
    get: Get<
      Items<Schemas["TimelineRow"]>,
      Parameters<Page & { symbol?: string }, { id: string }> & { path: { id: string } }
    >;
  };
  "/api/profiles/{id}/ledger": {
    get: Get<Schemas["Ledger"], Parameters<Page, { id: string }> & { path: { id: string } }>;
  };
  "/api/profiles/{id}/performance": {
    get: Get<
      Schemas["Performance"],
      Parameters<{ from?: string; to?: string }, { id: string }> & { path: { id: string } }
    >;
  };
  "/api/performance": {
    get: Get<Schemas["Performance"], Parameters<{ from?: string; to?: string }>>;
  };
  "/api/instruments": { get: Get<Items<Schemas["Instrument"]>> };
  "/api/candles": {
    get: Get<
      Schemas["Candles"],
      {
        query: {
          symbol: string; timeframe: string; from?: string; to?: string; limit?: number;
          indicator?: string[]; profile?: string;
        };
        header?: never; path?: never; cookie?: never;
      }
    >;
  };
  "/api/orders": { get: Get<Items<Schemas["OrderRow"]>, Parameters<OrderFilter>> };
  "/api/orders/{id}": {
    get: Get<Schemas["OrderRow"], Id>; delete: Act<Schemas["OrderRow"], Id, 202>;
  };
  "/api/orders/manual": {
    post: Write<
      Schemas["ManualOrder"],
      Schemas["ManualOrderAccepted"],
      { header: { "Idempotency-Key": string }; query?: never; path?: never; cookie?: never },
      201
    >;
  };
  "/api/orders/preview": { post: Write<Schemas["ManualOrder"], Schemas["OrderPreview"]> };
  "/api/positions": { get: Get<Items<Schemas["PositionRow"]>> };
  "/api/positions/{id}": { patch: Write<{ stop: { level: string } }, Schemas["PositionRow"], Id> };
  "/api/positions/{id}/close": {
    post: Write<
      { quantity?: string },
      { orderId: string },
      {
        path: { id: string };
        header: { "Idempotency-Key": string };
        query?: never; cookie?: never;
      },
      201
    >;
  };
  "/api/trades": { get: Get<Items<Schemas["TradeRow"]>, Parameters<TradeFilter>> };
  "/api/trades/{id}": { get: Get<Schemas["TradeRow"], Id> };
  "/api/lifecycle/canonical": {
    get: Get<
      Schemas["Lifecycle"],
      { query: { tradeId: string }; header?: never; path?: never; cookie?: never }
    >;
  };
  "/api/strategies/check": {
    post: Write<
      { strategyConfig: Schemas["StrategyConfig"] } | { text: string },
      Schemas["StrategyCheck"]
    >;
  };
  "/api/alerts": { get: Get<Items<Schemas["AlertRow"]>, Parameters<Page>> };
  "/api/alerts/{id}/ack": { post: Act<Schemas["AlertRow"], Id> };
  "/api/config": { get: Get<Schemas["PublicConfig"]> };
  "/api/feature-flags": { get: Get<Schemas["FeatureFlags"]> };
  "/api/backtest": { get: Get<Items<Schemas["Backtest"]>> };
  "/api/backtest/run": {
    post: Write<Schemas["BacktestRequest"], { id: string; state: string }, Parameters, 202>;
  };
  "/api/backtest/{id}": { get: Get<Schemas["Backtest"], Id>; delete: ActEmpty<Id> };
  "/internal/trading/status": { get: Get<Schemas["Control"]> };
  "/internal/trading/pause": { post: Write<{ reason: string }, Schemas["Control"]> };
  "/internal/trading/resume": { post: Write<{ reason: string }, Schemas["Control"]> };

  "/platform/api/auth/login": {
    post: Write<{ email: string; password: string }, Schemas["TokenAnswer"]>;
  };
  "/platform/api/auth/register": {
    post: Write<{ email: string; password: string }, Schemas["TokenAnswer"], Parameters, 201>;
  };
  "/platform/api/auth/first-administrator": {
    post: Write<
      { token: string; email: string; password: string },
      Schemas["TokenAnswer"],
      Parameters,
      200 | 201
    >;
  };
  "/platform/api/auth/refresh": { post: Act<Schemas["TokenAnswer"]> };
  "/platform/api/auth/logout": { post: WriteEmpty<{ everywhere?: boolean }> };
  "/platform/api/auth/me": { get: Get<Schemas["User"]> };
  "/platform/api/auth/password/forgot": { post: WriteEmpty<{ email: string }> };
  "/platform/api/auth/password/reset": { post: WriteEmpty<{ token: string; password: string }> };
  "/platform/api/auth/password/change": {
    post: WriteEmpty<{ currentPassword: string; newPassword: string }>;
  };
  "/platform/api/auth/sessions": { get: Get<Items<Schemas["Session"]>> };
  "/platform/api/auth/sessions/{id}": { delete: ActEmpty<Id> };
  "/platform/api/products/{id}/status": { get: Get<Schemas["ProductStatus"], Id> };
}
