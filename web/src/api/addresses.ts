/**
 * Where the servers are. Everything is relative to the page's `<base>`, which the server sets to
 * the path it is reached under, unless the build names other origins.
 */

/** The path of the application, with a slash at its end. */
export function basePath(): string {
  return new URL(document.baseURI).pathname;
}

function origin(configured: string | undefined): string {
  const address = configured === undefined || configured === "" ? "./" : configured;
  return new URL(address, document.baseURI).href.replace(/\/$/, "");
}

/** What `/api`, `/internal` and `/socket.io` are under. */
export const tradingUrl = origin(import.meta.env.VITE_TRADING_API_URL as string | undefined);

/** What `/platform` is under. */
export const platformUrl = origin(import.meta.env.VITE_PLATFORM_URL as string | undefined);

/** An address as socket.io wants it: the origin apart from the path. */
export function realtimeAddress(namespace: "/trading" | "/admin"): { url: string; path: string } {
  const address = new URL(tradingUrl);
  const prefix = address.pathname.replace(/\/$/, "");
  return { url: address.origin + namespace, path: `${prefix}/socket.io` };
}
