/** Identifiers that this client makes. */

/** Random and unguessable; also where the page is not served securely and has no `randomUUID`. */
export function freshId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** One per action; the server puts it on every log line and record that the action causes. */
export function freshRequestId(): string {
  return `web-${freshId().slice(0, 20)}`;
}
