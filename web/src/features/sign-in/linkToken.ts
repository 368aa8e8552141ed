/** The token of a link: behind the #, so that no server and no log ever sees it. */
import { useState } from "react";

export function useLinkToken(): string {
  const [token] = useState(() => new URLSearchParams(location.hash.slice(1)).get("token") ?? "");
  return token;
}

/** Every token that a server writes is so long. */
const TOKEN_LENGTH = 43;

export function isCut(token: string): boolean {
  return token !== "" && token.length < TOKEN_LENGTH;
}
