/** What is held, and what changes about it while a person looks at it. */
import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures";
import { get, makeIdleProfile, patch, post, tokenOf, until } from "./server";

interface Held {
  tradeId: string;
  profileId: string;
  quantity: string;
  version: number;
  stop: { level: string };
  lastPrice: string;
}

test.beforeEach(({ isPhone }) => {
  test.skip(isPhone, "the same forms as on the desktop");
});

const url = () => (process.env.BALLAST_URL ?? "").replace(/\/$/, "");

async function positionsOf(token: string): Promise<Held[]> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${url()}/api/positions`, { headers });
  return ((await response.json()) as { items: Held[] }).items;
}

/** A profile of its own that holds one long position with a stop. */
async function hold(token: string): Promise<Held> {
  const profileId = await makeIdleProfile(url(), token, `By hand ${Date.now()}`);
  const order = { profileId, symbol: "ACME", side: "buy", type: "market", quantity: "4" };
  const exits = { stopLoss: { percent: "5" }, takeProfit: { percent: "9" } };
  const { answer } = await post(url(), "/api/orders/manual", { ...order, ...exits }, token);
  const tradeId = String(answer.tradeId);
  await until(url(), "/api/positions", token, (text) => text.includes(tradeId));
  const held = (await positionsOf(token)).find((each) => each.tradeId === tradeId);
  if (held === undefined) throw new Error("it is not held");
  return held;
}

function levelOf(held: Held, share: number): string {
  return (Number(held.lastPrice) * share).toFixed(2);
}

async function moveElsewhere(token: string, held: Held, level: string): Promise<void> {
  const response = await fetch(`${url()}/api/positions/${held.tradeId}`, {
    method: "PATCH",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "if-match": `"${held.version}"`,
    },
    body: JSON.stringify({ stop: { level } }),
  });
  expect(response.status).toBe(200);
}

async function openPosition(app: Page, { profileId }: Held): Promise<void> {
  await app.goto(`profiles/${profileId}?tab=positions`);
  await expect(app.getByRole("button", { name: "Stop and targets of ACME" })).toBeVisible();
}

test("a stop that has moved meanwhile is not moved again unseen", async ({ app }) => {
  const token = await tokenOf(url());
  const held = await hold(token);
  await openPosition(app, held);
  await app.getByRole("button", { name: "Stop and targets of ACME" }).click();
  const form = app.getByRole("dialog", { name: "Stop and targets of ACME" });
  await expect(form.getByText(/^Profile By hand \d+$/)).toBeVisible();
  const field = form.getByLabel("Stop at");
  // It begins at a price of the venue, which loses no more than the stop does now.
  const start = (Math.ceil(Number(held.stop.level) * 100 - 1e-6) / 100).toFixed(2);
  await expect(field).toHaveValue(start);
  await expect(form.getByText("Nothing is changed yet.")).toBeVisible();
  await expect(form.getByRole("button", { name: "Set stop and targets" })).toBeDisabled();
  const [mine, theirs] = [levelOf(held, 0.92), levelOf(held, 0.9)];
  await field.fill(mine);

  await moveElsewhere(token, held, theirs);
  await expect(form.getByText(`stop ${theirs}`)).toBeVisible();
  await expect(field).toHaveValue(mine);
  await form.getByRole("button", { name: /^Move the stop to/ }).click();
  await expect(form.getByText("It has changed meanwhile")).toBeVisible();
  await expect(form.getByText(`is at ${theirs} now`)).toBeVisible();
  const unmoved = (await positionsOf(token)).find(({ tradeId }) => tradeId === held.tradeId);
  expect(Number(unmoved?.stop.level)).toBe(Number(theirs));

  await form.getByRole("button", { name: `Begin from ${theirs}` }).click();
  await expect(field).toHaveValue(theirs);
  await field.fill(mine);
  await form.getByRole("button", { name: /^Move the stop to/ }).click();
  await expect(form).toBeHidden();
  const moved = (await positionsOf(token)).find(({ tradeId }) => tradeId === held.tradeId);
  expect(Number(moved?.stop.level)).toBe(Number(mine));
});

const exitsOf = (held: Held) => ({
  price: (name: string) => `Price of ${name}`,
  percent: (name: string) => `Percent of the entry that ${name} closes`,
  near: levelOf(held, 1.2),
  far: levelOf(held, 1.3),
});

test("targets are added, moved and taken away, and the server says what they close", async ({
  app,
}) => {
  const token = await tokenOf(url());
  const held = await hold(token);
  const { price, percent, near, far } = exitsOf(held);
  await openPosition(app, held);
  await app.getByRole("button", { name: "Stop and targets of ACME" }).click();
  const form = app.getByRole("dialog", { name: "Stop and targets of ACME" });
  const set = form.getByRole("button", { name: "Set the targets" });
  await form.getByLabel(percent("target 1")).fill("50");
  await expect(form.getByText("≈ 2", { exact: true })).toBeVisible();
  await form.getByRole("button", { name: "Add a target" }).click();
  await expect(form.getByLabel(percent("the new target"))).toHaveValue("50");
  await expect(set).toBeDisabled();
  await form.getByLabel(price("the new target")).fill(far);
  await expect(form.getByText(/Target 1 closes 50 %, not 100 %; a new target at/)).toBeVisible();
  await expect(form.getByText("100 % of the entry in all")).toBeVisible();
  await set.click();
  await expect(form).toBeHidden();
  const { targets } = await get(url(), `/api/positions/${held.tradeId}`, token);
  expect(targets).toMatchObject([
    { number: 1, portion: "0.5", quantity: "2" },
    { number: 2, portion: "0.5", quantity: "2" },
  ]);

  await app.getByRole("button", { name: "Stop and targets of ACME" }).click();
  await form.getByRole("button", { name: "Take target 1 away" }).click();
  await form.getByLabel(price("target 2")).fill(near);
  await form.getByLabel("Stop at").fill(levelOf(held, 0.8));
  await expect(form.getByText(/^Stop from .* target 1 is taken away; target 2 from/)).toBeVisible();
  await form.getByRole("button", { name: "Set stop and targets" }).click();
  await expect(form).toBeHidden();
  const now = await get(url(), `/api/positions/${held.tradeId}`, token);
  expect(now.targets).toMatchObject([{ number: 2, portion: "0.5" }]);
  expect(Number((now.stop as { level: string }).level)).toBe(Number(levelOf(held, 0.8)));
  await post(url(), `/api/profiles/${held.profileId}/flatten`, {}, token);
});

test("a target that cannot be is said at its field, and nothing is set", async ({ app }) => {
  const token = await tokenOf(url());
  const held = await hold(token);
  const { price, percent, far } = exitsOf(held);
  await openPosition(app, held);
  await app.getByRole("button", { name: "Stop and targets of ACME" }).click();
  const form = app.getByRole("dialog", { name: "Stop and targets of ACME" });
  const level = form.getByLabel(price("target 1"));
  await level.fill(levelOf(held, 0.9));
  await expect(level).toHaveAccessibleDescription(/^The price is there already\./);
  await expect(form.getByRole("button", { name: "Set the targets" })).toBeDisabled();

  await level.fill(`${far}3`);
  await form.getByRole("button", { name: "Set the targets" }).click();
  await expect(level).toHaveAccessibleDescription(/is no price of the venue\. Choose /);
  await expect(level).toBeFocused();
  await expect(form.getByRole("alert")).toHaveCount(0);

  await level.fill(far);
  await expect(level).not.toHaveAttribute("aria-invalid", "true");
  await form.getByRole("button", { name: "Add a target" }).click();
  await form.getByLabel(price("the new target")).fill(far);
  await form.getByLabel(percent("the new target")).fill("10");
  await expect(form.getByText("110 % of the entry in all; at most 100 %")).toBeVisible();
  await form.getByRole("button", { name: "Set the targets" }).click();
  await expect(form.getByRole("alert")).toContainText(
    "Stop and targets stay as they are. The targets would close 110 % of the entry",
  );
  const { targets } = await get(url(), `/api/positions/${held.tradeId}`, token);
  expect(targets).toMatchObject([{ number: 1, portion: "1" }]);
  await post(url(), `/api/profiles/${held.profileId}/flatten`, {}, token);
});

test("a target that somebody else has set meanwhile is shown before it is changed", async ({
  app,
}) => {
  const token = await tokenOf(url());
  const held = await hold(token);
  const { price, near, far } = exitsOf(held);
  await openPosition(app, held);
  await app.getByRole("button", { name: "Stop and targets of ACME" }).click();
  const form = app.getByRole("dialog", { name: "Stop and targets of ACME" });
  await form.getByLabel(price("target 1")).fill(near);
  const theirs = { targets: [{ number: 1, portion: "0.5" }, { level: far }] };
  await patch(url(), `/api/positions/${held.tradeId}`, theirs, token);
  await form.getByRole("button", { name: "Set the targets" }).click();
  await expect(form.getByRole("alert")).toContainText("It has changed meanwhile");
  await expect(form.getByRole("alert")).toContainText(/Target 2 at [\d.,]+ is new\./);
  await expect(form.getByLabel(price("target 1"))).toHaveValue(near);
  await expect(form.getByLabel(price("target 2"))).toHaveValue(far);
  await form.getByRole("button", { name: "Set the targets" }).click();
  await expect(form).toBeHidden();
  const { targets } = await get(url(), `/api/positions/${held.tradeId}`, token);
  expect(targets).toMatchObject([{ number: 1, portion: "0.5" }, { number: 2 }]);
  await post(url(), `/api/profiles/${held.profileId}/flatten`, {}, token);
});

test("a target is listed and drawn, and the entry is marked", async ({ app }) => {
  const held = await hold(await tokenOf(url()));
  await openPosition(app, held);
  const chart = app.getByRole("img", { name: /^ACME, / });
  await expect(chart).toHaveAccessibleName(/Target \d[\d.,]*, 1 fill marked/);
  const name = (await chart.getAttribute("aria-label")) ?? "";
  const level = /Target (\d[\d.,]*\d)/.exec(name)?.[1] ?? "none";
  await expect(app.getByRole("cell", { name: level, exact: true })).toBeVisible();
});

test("an open dialog says that the position is closed meanwhile", async ({ app }) => {
  const token = await tokenOf(url());
  const held = await hold(token);
  await openPosition(app, held);
  await app.getByRole("button", { name: "Close ACME" }).click();
  const form = app.getByRole("dialog", { name: "Close ACME?" });
  await expect(form.getByLabel("Quantity")).toHaveValue(held.quantity);
  await post(url(), `/api/positions/${held.tradeId}/close`, {}, token);
  await expect(form.getByRole("alert")).toContainText("The position in ACME is closed.");
  await expect(form.getByRole("button", { name: "Close it" })).toBeDisabled();
});

test("an order that leaves a position never enters when that is closed meanwhile", async ({
  app,
}) => {
  const token = await tokenOf(url());
  const held = await hold(token);
  await app.goto(`positions?ticket=new&profile=${held.profileId}&symbol=ACME`);
  const ticket = app.getByRole("dialog", { name: "New order" });
  await ticket.getByText("Sell", { exact: true }).click();
  await ticket.getByRole("textbox", { name: "Units" }).fill("4");
  await expect(ticket.getByText(/It leaves the long position of 4 ACME/)).toBeVisible();

  // It is closed between the gate's answer and the order.
  await app.route("**/api/orders/manual", async (route) => {
    await post(url(), `/api/positions/${held.tradeId}/close`, {}, token);
    await until(url(), "/api/positions", token, (text) => !text.includes(held.tradeId));
    await route.continue();
  });
  const answered = app.waitForResponse("**/api/orders/manual");
  await ticket.getByRole("button", { name: /^Sell 4 ACME to leave/ }).click();
  const answer = await answered;
  expect(answer.request().postDataJSON()).toMatchObject({ reduceOnly: true });
  expect(answer.status()).toBeGreaterThanOrEqual(400);
  await expect(ticket.getByRole("alert")).toBeVisible();
  const own = (await positionsOf(token)).filter(({ profileId }) => profileId === held.profileId);
  expect(own).toEqual([]);
});
