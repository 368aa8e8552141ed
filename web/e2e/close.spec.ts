/** Closing what a profile would enter again at once. */
import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures";
import { makeProfile, post, tokenOf, until } from "./server";

const url = () => (process.env.BALLAST_URL ?? "").replace(/\/$/, "");
const STOPS_TOO = "Stop the profile too, so that it does not enter again";

/** A profile that holds a position, and enters whenever it holds nothing. */
async function holdAgain(app: Page) {
  const token = await tokenOf(url());
  const profileId = await makeProfile(url(), token, `Again ${Date.now()}`, { entry: "close > 1" });
  await until(url(), `/api/profiles/${profileId}`, token, (text) =>
    text.includes('"openPositions":1'),
  );
  await app.goto(`profiles/${profileId}?tab=positions`);
  await app.getByRole("button", { name: "Close ACME" }).click();
  const form = app.getByRole("dialog", { name: "Close ACME?" });
  await expect(form.getByText(/^Profile Again \d+$/)).toBeVisible();
  await expect(form.getByRole("note")).toContainText("enters ACME again");
  return { token, profileId, form };
}

test("a profile that would enter again is stopped first when that is wanted", async ({ app }) => {
  const { token, profileId, form } = await holdAgain(app);
  await form.getByLabel("Quantity").fill("1");
  await expect(form.getByRole("note")).toHaveCount(0);
  await form.getByRole("button", { name: "100 %" }).click();
  await form.getByLabel(STOPS_TOO).check();
  const sent: string[] = [];
  app.on("request", (request) => {
    if (request.method() === "POST") sent.push(new URL(request.url()).pathname.replace(/.*\//, ""));
  });
  await form.getByRole("button", { name: "Close it" }).click();
  await expect(form).toBeHidden();
  expect(sent.filter((name) => name === "stop" || name === "close")).toEqual(["stop", "close"]);
  await expect(app.getByRole("button", { name: "Start" })).toBeVisible();
  await until(url(), `/api/profiles/${profileId}`, token, (text) =>
    text.includes('"openPositions":0'),
  );
});

test("what did not come to pass is said, and nothing else is done", async ({ app }) => {
  const { profileId, form } = await holdAgain(app);
  await form.getByLabel(STOPS_TOO).check();
  await app.route(`**/api/profiles/${profileId}/stop`, (route) => route.abort());
  await app.route("**/api/positions/*/close", (route) => route.abort());
  const closes: string[] = [];
  app.on("request", (request) => {
    if (request.url().endsWith("/close")) closes.push(request.url());
  });
  await form.getByRole("button", { name: "Close it" }).click();
  await expect(form.getByRole("alert")).toContainText(
    "The profile was not stopped, so nothing is closed.",
  );
  expect(closes).toEqual([]);

  await app.unroute(`**/api/profiles/${profileId}/stop`);
  await form.getByRole("button", { name: "Close it" }).click();
  await expect(form.getByRole("alert")).toContainText(
    "The profile is stopped, and the position is still open.",
  );
  await app.unroute("**/api/positions/*/close");
  await form.getByRole("button", { name: "Close it" }).click();
  await expect(form).toBeHidden();
});

test("a position that is opened from Positions stays there", async ({ app, isPhone }) => {
  const { token, profileId, form } = await holdAgain(app);
  await form.getByRole("button", { name: "Keep it open" }).click();
  await app.goto("positions");
  const name = isPhone ? /^Profile Again \d+$/ : /^Again \d+$/;
  await expect(app.getByText(name).first()).toBeVisible();
  await app.getByRole("link", { name: "ACME", exact: true }).first().click();
  await expect(app.getByRole("heading", { level: 1, name: /^ACME long/ })).toBeVisible();
  const views = app.getByRole("navigation", { name: "Views" });
  await expect(views.getByRole("link", { name: "Positions" })).toHaveAttribute(
    "aria-current",
    "page",
  );
  await expect(app.getByText("Stop and targets are set on the desktop.")).toHaveCount(
    isPhone ? 1 : 0,
  );
  await expect(app.getByText("At the stop, with fees")).toBeVisible();
  await post(url(), `/api/profiles/${profileId}/flatten`, {}, token);
});
