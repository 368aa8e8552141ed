/** What went wrong with a request, as the server said it or as far as we can tell. */
import type { Problem, RefusalBody } from "./types";

export class ApiProblem extends Error {
  /** Zero when no answer came. */
  readonly status: number;
  readonly code: string;
  readonly requestId: string | undefined;
  readonly fields: NonNullable<Problem["errors"]>;
  readonly refusal: RefusalBody | undefined;

  constructor(problem: Problem, requestId?: string) {
    super(problem.refusal?.text ?? problem.detail);
    this.name = "ApiProblem";
    this.status = problem.status;
    this.code = problem.refusal?.code ?? problem.code;
    this.requestId = problem.requestId ?? requestId;
    this.fields = problem.errors ?? [];
    this.refusal = problem.refusal;
  }

  /** Whether the server was not reached or could not answer, so that nobody was refused. */
  get isUnreachable(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}

export function unreachable(requestId: string): ApiProblem {
  const detail =
    "The server did not answer. Check the connection, then look whether it took effect.";
  return new ApiProblem({ title: "No answer", status: 0, code: "unreachable", detail }, requestId);
}

export function userGone(requestId: string): ApiProblem {
  const detail = "Your session here has ended, so nothing was sent. Sign in and do it again.";
  return new ApiProblem(
    { title: "Not signed in", status: 401, code: "unauthenticated", detail },
    requestId,
  );
}

/** The problem in an answer that is not a success. */
export async function problemOf(response: Response): Promise<ApiProblem> {
  const requestId = response.headers.get("x-request-id") ?? undefined;
  const text = await response.text();
  return problemFrom(parsed(text), response.status, requestId);
}

/** The problem in a body that has been read already. */
export function problemFrom(body: unknown, status: number, requestId?: string): ApiProblem {
  if (isProblem(body)) return new ApiProblem({ ...body, status }, requestId);
  const detail = `The server answered with status ${status} and no explanation.`;
  return new ApiProblem(
    { title: "Unexpected answer", status, code: "unexpected", detail },
    requestId,
  );
}

/** Any error as a problem, so that one component can show them all. */
export function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new ApiProblem({ title: "Unexpected", status: 0, code: "unexpected", detail });
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
