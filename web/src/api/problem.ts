/** What went wrong with a request, as the server said it or as far as we can tell. */
import { plural } from "~/format/words";
import type { Problem, RefusalBody } from "./types";

/** What is known of an answer besides its body. */
interface Circumstances {
  requestId?: string;
  /** What the server asks to wait, in seconds. */
  retryAfterS?: number;
  /** Whether something was only read, so that nothing can have taken effect. */
  isRead?: boolean;
}

/** What the server asks to wait for. */
export interface Wait {
  /** How the message says it. */
  words: string;
  /** Until when, by this browser's clock in milliseconds. */
  until: number;
}

export class ApiProblem extends Error {
  /** Zero when no answer came. */
  readonly status: number;
  readonly code: string;
  readonly requestId: string | undefined;
  readonly fields: NonNullable<Problem["errors"]>;
  readonly refusal: RefusalBody | undefined;
  readonly wait: Wait | undefined;

  constructor(problem: Problem, { requestId, ...rest }: Circumstances = {}) {
    super(problem.refusal?.text ?? sentenceOf(problem, rest));
    this.name = "ApiProblem";
    this.status = problem.status;
    this.code = problem.refusal?.code ?? problem.code;
    this.requestId = problem.requestId ?? requestId;
    this.fields = problem.errors ?? [];
    this.refusal = problem.refusal;
    this.wait = waitOf(rest.retryAfterS);
  }

  /** Whether what was asked for does not exist, which asking again does not change. */
  get isNotFound(): boolean {
    return this.status === 404;
  }

  /** Whether the server was not reached or could not answer, so that nobody was refused. */
  get isUnreachable(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}

/** Whether the gate has said no, so that nothing has changed. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof ApiProblem && error.refusal !== undefined;

export function unreachable(requestId: string, isRead = false): ApiProblem {
  const detail = isRead
    ? "The server did not answer. Check the connection, then try again."
    : "The server did not answer. Check the connection, then look whether it took effect.";
  return new ApiProblem(
    { title: "No answer", status: 0, code: "unreachable", detail },
    { requestId },
  );
}

export function userGone(requestId: string): ApiProblem {
  const detail = "Your session here has ended, so nothing was sent. Sign in and do it again.";
  return new ApiProblem(
    { title: "Not signed in", status: 401, code: "unauthenticated", detail },
    { requestId },
  );
}

/** The problem in an answer that is not a success. */
export async function problemOf(response: Response, isRead = false): Promise<ApiProblem> {
  const text = await response.text();
  return problemFrom(parsed(text), response, isRead);
}

/** The problem in a body that has been read already. */
export function problemFrom(body: unknown, response: Response, isRead = false): ApiProblem {
  const { status, headers } = response;
  const requestId = headers.get("x-request-id") ?? undefined;
  const circumstances = { requestId, retryAfterS: secondsIn(headers), isRead };
  if (isProblem(body)) return new ApiProblem({ ...body, status }, circumstances);
  const detail = `The server answered with status ${status} and no explanation.`;
  return new ApiProblem(
    { title: "Unexpected answer", status, code: "unexpected", detail },
    circumstances,
  );
}

/** Any error as a problem, so that one component can show them all. */
export function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new ApiProblem({ title: "Unexpected", status: 0, code: "unexpected", detail });
}

// The detail of these says what to do, and only their title what has happened.
const REMEDY_ALONE = new Set([
  "accountDisabled",
  "answerLate",
  "auditUnavailable",
  "credentialsInvalid",
  "emailNotVerified",
  "emailTaken",
  "featureOff",
  "idempotencyConflict",
  "idempotencyInterrupted",
  "idempotencyKeyRequired",
  "internal",
  "lastAdministrator",
  "linkInvalid",
  "pauseOvertook",
  "preconditionRequired",
  "refreshTokenInvalid",
  "refreshTokenReused",
  "registrationClosed",
  "sessionRevoked",
  "signInLocked",
  "storeUnavailable",
  "strategyInvalid",
  "timeout",
]);

/** Those whose remedy is for programs; people are told theirs beside it. */
const TITLE_ALONE = new Set(["idempotencyInProgress", "preconditionFailed"]);

/** Those whose remedy is to look whether a change took effect. */
const MAY_HAVE_TAKEN_EFFECT = new Set(["answerLate", "storeUnavailable", "timeout"]);

// What a server writes for programs, and what it means for a person.
const WAIT = /(Wait for|Send the same request again after) the time in the header Retry-After/;
const A_MOMENT = "Try again in a moment";

function sentenceOf(problem: Problem, known: Omit<Circumstances, "requestId">) {
  const { code, title, detail, errors = [] } = problem;
  const { retryAfterS, isRead = false } = known;
  // The fields are told one by one, beside it or at their own place.
  const saysFields = code === "invalid" && errors.some(({ field }) => field !== "");
  if (saysFields || TITLE_ALONE.has(code)) return `${title}.`;
  const wait = retryAfterS === undefined ? A_MOMENT : `Try again in ${inWords(retryAfterS)}`;
  if (isRead && MAY_HAVE_TAKEN_EFFECT.has(code)) return `${title}. ${wait}.`;
  const told = detail.replace(WAIT, wait).replace(A_MOMENT, wait);
  const saysNothing = told.startsWith(wait) || told.startsWith("Nothing was done.");
  const full = REMEDY_ALONE.has(code) || saysNothing ? `${title}. ${told}` : told;
  if (retryAfterS === undefined || full.includes(wait)) return full;
  return `${/[.!?…]$/.test(full) ? full : `${full}.`} ${wait}.`;
}

function waitOf(seconds: number | undefined): Wait | undefined {
  if (seconds === undefined) return undefined;
  return { words: inWords(seconds), until: Date.now() + seconds * 1000 };
}

function inWords(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  return seconds < 90 ? plural(Math.max(seconds, 1), "second") : plural(minutes, "minute");
}

/** As a number of seconds or as a date, whichever the server or what stands before it writes. */
function secondsIn(headers: Headers): number | undefined {
  const text = headers.get("retry-after");
  if (text === null) return undefined;
  const seconds = /^\d+$/.test(text.trim())
    ? Number(text)
    : Math.ceil((Date.parse(text) - Date.now()) / 1000);
  return Number.isFinite(seconds) ? Math.max(seconds, 0) : undefined;
}

function isProblem(body: unknown): body is Problem {
  return typeof body === "object" && body !== null && "code" in body && "title" in body;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
