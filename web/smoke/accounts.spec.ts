/** Accounts and sessions: who comes in, how they come back, and what ends. */
import { expect, test } from "@playwright/test";
import { administrate, EMAIL, PASSWORD, post, Server } from "../e2e/server";
import { ask, email, get, isOwn, password, register, session, signIn, url } from "./deployment";

/** The token of the newest link that was mailed to somebody. */
async function mailed(to: string): Promise<string> {
  let token = "";
  const arrived = async () => {
    const { text } = await get("/platform/dev/mailbox.json");
    const { messages } = JSON.parse(text) as { messages: { to: string; link?: string }[] };
    const link = messages.find((mail) => mail.to === to && mail.link?.includes("reset"))?.link;
    token = link?.split("#token=")[1] ?? "";
    return token;
  };
  await expect.poll(arrived).not.toBe("");
  return token;
}

const me = async (access: string, at = url()) =>
  (await ask("GET", "/platform/api/auth/me", access, undefined, at)).status;

const refreshed = (refreshToken: string, at = url()) =>
  post(at, "/platform/api/auth/refresh", { refreshToken });

test("sign-in", async () => {
  const { answer, status } = await post(url(), "/platform/api/auth/login", {
    email: email(),
    password: password(),
  });
  expect(status).toBe(200);
  expect(answer.accessToken).toBeTruthy();
});

test("sign-in without an account is refused", async () => {
  const body = { email: `nobody-${Date.now()}@example.org`, password: "not this one" };
  const { status, answer } = await post(url(), "/platform/api/auth/login", body);
  expect(status).toBe(401);
  expect(answer.code).toBeTruthy();
});

test("a password reset is taken, and says nothing of accounts", async () => {
  const body = { email: `nobody-${Date.now()}@example.org` };
  expect((await post(url(), "/platform/api/auth/password/forgot", body)).status).toBe(202);
});

test("a password is reset by the mailed link, once, and ends other sessions", async () => {
  test.skip(!isOwn(), "a deployment's mail is not read from here");
  const account = await register();
  const before = await session(url(), account);
  expect(await me(before.access)).toBe(200);
  const forgotten = { email: account.email };
  expect((await post(url(), "/platform/api/auth/password/forgot", forgotten)).status).toBe(202);
  const reset = { token: await mailed(account.email), password: "another long pass phrase" };
  const { status, answer } = await post(url(), "/platform/api/auth/password/reset", reset);
  expect(status, JSON.stringify(answer)).toBeLessThan(300);
  expect((await session(url(), account)).status, "the old password").toBe(401);
  const renewed = { email: account.email, password: reset.password };
  expect((await session(url(), renewed)).status, "the new password").toBe(200);
  expect(await me(before.access), "the session of before").toBe(401);
  expect((await refreshed(before.refresh)).status, "its refresh token").toBe(401);
  const again = await post(url(), "/platform/api/auth/password/reset", reset);
  expect(again.status, "the same link").toBeGreaterThanOrEqual(400);
});

test("a session is restored in the browser", async ({ page }) => {
  await signIn(page);
  await page.reload();
  await expect(page.getByRole("heading", { level: 1, name: "Home" })).toBeVisible();
});

test("a session is restored after a restart of the server, by its refresh token", async () => {
  test.skip(!isOwn(), "a deployment is not restarted by its check");
  let server = await Server.start();
  try {
    await administrate(server);
    const before = await session(server.url, { email: EMAIL, password: PASSWORD });
    await server.kill();
    server = await server.again();
    const { status, answer } = await refreshed(before.refresh, server.url);
    expect(status, JSON.stringify(answer)).toBe(200);
    expect(await me(String(answer.accessToken), server.url)).toBe(200);
    expect(await me(before.access, server.url), "the access token of before").toBe(200);
  } finally {
    await server.stop();
  }
});
