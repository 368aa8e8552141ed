/** Limits of all profiles and of one: read, changed, refused, and changed by two at once. */
import { expect, test } from "./fixtures";
import { get, makeIdleProfile, put, tokenOf } from "./server";

const url = () => (process.env.BALLAST_URL ?? "").replace(/\/$/, "");

/** So many that no other test reaches them. */
const MANY = "1000000";

async function set(token: string, limits: object): Promise<void> {
  const { status, answer } = await put(url(), "/api/limits", { limits }, token);
  expect(status, JSON.stringify(answer)).toBe(200);
}

const limitsNow = async (token: string) =>
  (await get(url(), "/api/limits", token)).limits as Record<string, unknown>;

test.beforeEach(async () => set(await tokenOf(url()), {}));
test.afterAll(async () => set(await tokenOf(url()), {}));

test("a limit is refused at its field, and saved when it makes sense", async ({ app, isPhone }) => {
  test.skip(isPhone, "limits are changed on a larger screen");
  await app.goto("limits");
  const quantity = app.getByRole("textbox", { name: "Largest quantity" });
  const save = app.getByRole("button", { name: "Save", exact: true });
  await expect(save).toHaveCount(0);
  await quantity.fill("much");
  await expect(quantity).toHaveAccessibleDescription(/is not a number/);
  await expect(save).toBeDisabled();
  await quantity.fill("0");
  await app.getByRole("textbox", { name: "Stop guard: Stops" }).fill("3");
  await app.getByRole("textbox", { name: "Stop guard: Within" }).fill("60");
  await app.getByRole("textbox", { name: "Stop guard: Lock for" }).fill("0");
  await save.click();
  await expect(quantity).toHaveAccessibleDescription(
    "It must be above zero; remove it to switch it off.",
  );
  await expect(quantity).toBeFocused();
  await expect(
    app.getByRole("textbox", { name: "Stop guard: Lock for" }),
  ).toHaveAccessibleDescription(/^It must be from 1 to \d+; remove it to switch it off\.$/);
  await expect(app.getByRole("alert")).toHaveCount(0);

  await quantity.fill("1,000,000");
  await app.getByRole("textbox", { name: "Stop guard: Lock for" }).fill("30");
  const bar = app.getByRole("region", { name: "Changes that are not saved" });
  await expect(bar).toContainText("Largest quantity from off to 1,000,000");
  await save.click();
  await expect(app.getByText("The limits are saved, and hold from now on.")).toBeVisible();
  await expect(bar).toHaveCount(0);
  await app.reload();
  await expect(quantity).toHaveValue(MANY);
  expect(await limitsNow(await tokenOf(url()))).toEqual({
    maxOrderQuantity: MANY,
    stopGuard: { stops: 3, lookbackMinutes: 60, lockMinutes: 30, perSymbol: false },
  });
});

test("what somebody else saves meanwhile is shown, and nothing of either is lost", async ({
  app,
  isPhone,
}) => {
  test.skip(isPhone, "limits are changed on a larger screen");
  const token = await tokenOf(url());
  await app.goto("limits");
  const exposure = app.getByRole("textbox", { name: "Largest exposure" });
  await exposure.fill(MANY);
  await set(token, { maxOpenPositions: 500 });
  await app.getByRole("button", { name: "Save", exact: true }).click();
  const conflict = app.getByRole("alert").filter({ hasText: "changed the limits meanwhile" });
  await expect(conflict).toContainText("Open trades from off to 500");
  await expect(exposure).toHaveValue(MANY);
  await expect(app.getByRole("textbox", { name: "Open trades" })).toHaveValue("500");
  expect(await limitsNow(token)).toEqual({ maxOpenPositions: 500 });
  await app.getByRole("button", { name: "Save", exact: true }).click();
  await expect(conflict).toHaveCount(0);
  expect(await limitsNow(token)).toEqual({ maxOpenPositions: 500, maxExposure: MANY });
});

test("the phone shows the limits, and changes none", async ({ app, isPhone }) => {
  test.skip(!isPhone, "the desktop changes them");
  await set(await tokenOf(url()), { maxDailyLoss: MANY });
  await app.goto("limits");
  await expect(app.getByText("They are changed on the desktop.")).toBeVisible();
  const row = app.getByRole("row").filter({ hasText: "Nothing enters once the day has lost" });
  await expect(row).toContainText("1,000,000");
  await expect(app.getByRole("textbox")).toHaveCount(0);
});

test("a profile's own limits are beside the others, and the strictest holds", async ({
  app,
  isPhone,
}) => {
  test.skip(isPhone, "profiles are edited on a larger screen");
  const token = await tokenOf(url());
  await set(token, { maxOrderNotional: "5000" });
  const id = await makeIdleProfile(url(), token, `Limited ${Date.now()}`);
  await app.goto(`profiles/${id}/edit`);
  const worth = app.getByRole("textbox", { name: "Largest value" });
  const row = app.getByRole("row").filter({ has: worth });
  const save = app.getByRole("button", { name: "Save", exact: true });
  await worth.fill("-1");
  await expect(save).toBeEnabled();
  await save.click();
  await expect(worth).toHaveAccessibleDescription(/^It must be above zero/);
  await worth.fill("4000");
  await expect(row.getByRole("cell").last()).toContainText("Holds");
  await app.getByRole("combobox", { name: "Time zone of its days" }).click();
  await app.getByRole("option", { name: "Europe/Zurich" }).click();
  await app.getByText("Changes", { exact: true }).click();
  const changes = app.getByLabel("Your changes beside the rules");
  await expect(changes).toContainText("Largest valueoff → 4,000");
  await expect(changes).toContainText("Days ofUTC → Europe/Zurich");
  await save.click();
  await expect(app.getByText("Saved as version 2.")).toBeVisible();
  const saved = await get(url(), `/api/profiles/${id}`, token);
  expect(saved).toMatchObject({
    limits: { maxOrderNotional: "4000" },
    timeZone: "Europe/Zurich",
  });

  await app.goto(`profiles/${id}?tab=limits`);
  const shown = app.getByRole("row").filter({ hasText: "One entry may be worth no more." });
  await expect(shown).toContainText("5,000 USD");
  await expect(shown.getByRole("cell").last()).toHaveText(/4,000 USD\s*Holds/);
  await expect(app.getByText("Its days are counted in Europe/Zurich.")).toBeVisible();
});

test("an order over a limit is refused with whose limit it is", async ({ app, isPhone }) => {
  test.skip(isPhone, "orders by hand are made on a larger screen");
  const token = await tokenOf(url());
  const id = await makeIdleProfile(url(), token, `Refused ${Date.now()}`);
  await set(token, { maxOrderQuantity: "2" });
  await app.goto(`positions?ticket=new&profile=${id}&symbol=ACME`);
  const ticket = app.getByRole("dialog", { name: "New order" });
  await ticket.getByRole("textbox", { name: "Units" }).fill("3");
  await expect(ticket).toContainText(
    "3 units are more than the 2 that one order may have. " +
      "Order less, or raise “Largest quantity” under Limits.",
  );
});
