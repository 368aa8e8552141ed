/** The one way in which this application asks the servers for something. */
import createClient from "openapi-fetch";
import { platformUrl, tradingUrl } from "./addresses";
import { freshRequestId } from "./identifiers";
import { problemFrom, problemOf, unreachable, userGone } from "./problem";
import { accessToken, refresh, userId } from "./session";
import type { paths } from "./schema";

const options = { fetch: authorisedFetch, credentials: "include" } as const;

/** Trading: `/api` and `/internal`. */
export const trading = createClient<paths>({ ...options, baseUrl: tradingUrl });

/** Identity: `/platform`. */
export const platform = createClient<paths>({ ...options, baseUrl: platformUrl });

/** The answers to requests that change nothing, which a problem is told apart by. */
const reads = new WeakSet<Response>();

interface Outcome<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** What was answered, or the problem as an exception. */
export async function answerOf<T>(asked: Promise<Outcome<T>>): Promise<T> {
  const { data, error, response } = await asked;
  if (response.ok) return data as T;
  throw problemFrom(error, response, reads.has(response));
}

/** Adds token and request id; refreshes once when the token was refused. */
export async function authorisedFetch(request: Request): Promise<Response> {
  const requestId = request.headers.get("x-request-id") ?? freshRequestId();
  const again = request.clone();
  const asker = userId();
  const response = await send(request, requestId, asker);
  if (response.status !== 401 || request.url.includes("/platform/api/auth/login")) return response;
  await refresh();
  return send(again, requestId, asker);
}

async function send(request: Request, requestId: string, asker?: string): Promise<Response> {
  request.headers.set("x-request-id", requestId);
  const token = await accessToken();
  // Another tab may have signed in as somebody else meanwhile: nobody acts in their name.
  if (asker !== undefined && userId() !== asker) throw userGone(requestId);
  if (token !== undefined) request.headers.set("authorization", `Bearer ${token}`);
  const isRead = request.method === "GET";
  try {
    const response = await fetch(request);
    if (isRead) reads.add(response);
    return response;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw unreachable(requestId, isRead);
  }
}

/** A text or file that is not JSON, such as a CSV export or a report. */
export async function download(path: string): Promise<Blob> {
  const response = await authorisedFetch(new Request(tradingUrl + path));
  if (!response.ok) throw await problemOf(response, true);
  return response.blob();
}

/** Every page of a list as one file: the first line of the later ones is its header once more. */
export async function downloadAll(path: string): Promise<Blob> {
  const pages: string[] = [];
  let request: Request | undefined = new Request(tradingUrl + path);
  while (request !== undefined) {
    const { url } = request;
    const response = await authorisedFetch(request);
    if (!response.ok) throw await problemOf(response, true);
    const text = await response.text();
    pages.push(pages.length === 0 ? text : text.slice(text.indexOf("\n") + 1));
    const next = nextPage(response.headers.get("link"), url);
    request = next === undefined ? undefined : new Request(next);
  }
  return new Blob(pages, { type: "text/csv" });
}

/** Where the page after this one is; the server names it relative to the page itself. */
export function nextPage(link: string | null, from: string): string | undefined {
  const target = /<([^>]+)>;\s*rel="next"/.exec(link ?? "")?.[1];
  return target === undefined ? undefined : new URL(target, from).href;
}

/** A form with files. */
export async function upload<T>(path: string, form: FormData): Promise<T> {
  const request = new Request(tradingUrl + path, { method: "POST", body: form });
  const response = await authorisedFetch(request);
  if (!response.ok) throw await problemOf(response);
  return (await response.json()) as T;
}
