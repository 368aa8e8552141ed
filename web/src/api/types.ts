/** Short names for what travels on the wire. */
import type { components } from "./schema";

type Schemas = components["schemas"];

/** A strategy config; its own schema is `ballast config schema`. */
export type StrategyConfig = Record<string, unknown>;

export type AlertRow = Schemas["AlertRow"];
export type Backtest = Schemas["JobDetail"];
/** How far a run has come. */
export type BacktestProgress = Schemas["Progress"];
export type BacktestRequest = Schemas["RunRequest"];
export type BacktestRow = Schemas["JobRow"];
export type BacktestSummary = Schemas["BacktestResult"];
export type BacktestTrade = Schemas["TradeResult"];
export type BotState = Schemas["BotState"];
export type Candles = Schemas["Candles"];
export type Control = Schemas["ControlRow"];
export type ControlStop = Schemas["ControlStop"];
export type EvaluationRow = Schemas["EvaluationRow"];
export type FeatureFlags = Schemas["FeatureFlags"];
export type Health = Schemas["HealthRow"];
export type Instrument = Schemas["SymbolRow"];
/** A lock that a protection has put on entries. */
export type LockRow = Schemas["LockRow"];
export type LifecycleItem = Schemas["LifeEvent"];
export type ManualOrder = Schemas["Ticket"];
/** What the market has made of rows. */
export type Marks = Schemas["Marks"];
/** What is to be different about a working order. */
export type OrderChange = Schemas["OrderChange"];
/** What refuses every entry of a profile. */
export type ObstacleRow = Schemas["ObstacleRow"];
/** An order as it would be sent. */
export type PreviewedOrder = Schemas["PreviewedOrder"];
export type OrderPreview = Schemas["Preview"];
/** The second order of a pair that is placed together. */
export type OtherEntry = Schemas["OtherEntry"];
/** A part of an order or a position, by who does it. */
export type PartWord = Schemas["PartWord"];
export type OrderRow = Schemas["OrderRow"];
export type Performance = Schemas["Performance"];
/** What is to be different about a position's stop and targets. */
export type PositionChange = Schemas["AmendBody"];
export type PositionRow = Schemas["PositionRow"];
export type Problem = Omit<Schemas["Problem"], "type"> & { type?: string };
export type ProductStatus = Schemas["ProductStatus"];
export type Profile = Schemas["Profile"];
export type ProfileRow = Schemas["ProfileRow"];
export type ProfileWrite = Schemas["ProfileBody"];
export type PublicConfig = Schemas["PublicConfig"];
/** The gate's no, with the numbers of its code. */
export type RefusalBody = Schemas["Refusal"];
export type RuleRow = Schemas["RuleRow"];
export type Session = Schemas["PublicSession"];
export type Settings = Schemas["SettingsRow"];
export type StrategyCheck = Schemas["CheckAnswer"];
export type SymbolRow = Schemas["SymbolRow"];
/** The limits of all profiles of this account, and the product's. */
export type TenantLimits = Schemas["TenantLimits"];
export type Tick = Schemas["Tick"];
export type TimelineRow = Schemas["TimelineRow"];
export type TokenAnswer = Schemas["Tokens"];
export type TradeRow = Schemas["TradeRow"];
export type Transfer = Schemas["TransferRow"];
/** Rows that are new, changed or gone, with their place in the sequence. */
export type Update = Schemas["Update"];
/** The same rows by the list that they are in. */
export type UpdateRows = Required<Schemas["Upserts"]>;
export type User = Schemas["PublicUser"];
/** What trading costs at the paper venue. */
export type VenueCosts = Schemas["Costs"];
