import { beforeEach, expect, it, vi } from "vitest";

beforeEach(() => {
  vi.resetModules();
  localStorage.clear();
  return () => vi.unstubAllGlobals();
});

const user = { id: "usr_1", email: "a@b.c", emailVerified: true, roles: [], createdAt: "" };
const tokens = { accessToken: "t", expiresIn: 900, tokenType: "Bearer", user };

/** A server that can be away; what it was asked for, in order. */
function serve() {
  const server = { isAway: false, asked: [] as string[] };
  vi.stubGlobal("fetch", (address: string) => {
    server.asked.push(address.slice(address.lastIndexOf("/") + 1));
    if (server.isAway) return Promise.reject(new TypeError("Failed to fetch"));
    const isLogout = address.endsWith("/logout");
    return Promise.resolve(isLogout ? new Response(null, { status: 204 }) : Response.json(tokens));
  });
  return server;
}

it("takes up no session that was left while the server was away, and ends it later", async () => {
  const server = serve();
  server.isAway = true;
  const page = await import("./session");
  page.beginSession(tokens);
  await page.leave();
  expect(page.sessionState()).toEqual({ kind: "signedOut", reason: "signOutPending" });

  vi.resetModules();
  const reloaded = await import("./session");
  await reloaded.restoreSession();
  await reloaded.refresh();
  expect(reloaded.sessionState()).toEqual({ kind: "signedOut", reason: "signOutPending" });

  server.isAway = false;
  await reloaded.finishSignOut();
  expect(reloaded.sessionState()).toEqual({ kind: "signedOut", reason: "signOutDone" });
  expect(server.asked).toEqual(["logout", "logout", "logout"]);
});

it("restores a session that nobody has left", async () => {
  const server = serve();
  const page = await import("./session");
  await page.restoreSession();
  expect(page.sessionState()).toEqual({ kind: "signedIn", user });
  expect(server.asked).toEqual(["refresh"]);
});

/** A server that keeps no accounts. */
function serveWithoutAccounts(signIn: string) {
  vi.stubGlobal("fetch", (address: string) =>
    Promise.resolve(
      address.endsWith("/api/config")
        ? Response.json({ signIn })
        : Response.json({ code: "notFound" }, { status: 404 }),
    ),
  );
}

it("needs no session where sign-in is switched off", async () => {
  serveWithoutAccounts("off");
  const page = await import("./session");
  await page.restoreSession();
  expect(page.sessionState()).toEqual({ kind: "signedIn", user: page.EVERYBODY });
  expect(await page.accessToken()).toBeUndefined();
});

it("has no session where people sign in elsewhere", async () => {
  serveWithoutAccounts("outside");
  const page = await import("./session");
  await page.restoreSession();
  expect(page.sessionState()).toEqual({ kind: "signedOut" });
});
