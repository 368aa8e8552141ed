/** Editing a profile: what is wrong is marked, and nobody's version is overwritten unseen. */
import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures";
import { makeIdleProfile, post, tokenOf, until } from "./server";

const url = () => (process.env.BALLAST_URL ?? "").replace(/\/$/, "");

test.beforeEach(({ isPhone }) => {
  test.skip(isPhone, "configs are edited on a larger screen");
});

/** Opens the editor of a new profile; leaves it stopped. */
async function edit(app: Page, name: string) {
  const token = await tokenOf(url());
  const id = await makeIdleProfile(url(), token, `${name} ${Date.now()}`);
  await post(url(), `/api/profiles/${id}/stop`, {}, token);
  await app.goto(`profiles/${id}/edit`);
  const editor = app.getByLabel("Strategy config");
  await expect(editor).toContainText("close > 1000000");
  const write = async (before: string, after: string) =>
    editor.fill((await editor.innerText()).replace(before, after));
  return { token, id, write, save: app.getByRole("button", { name: "Save" }) };
}

/** Saves the profile under another name and with other capital, as somebody else would. */
async function replace(token: string, id: string, name: string, allocated: string) {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const found = await fetch(`${url()}/api/profiles/${id}`, { headers });
  const { strategyConfig } = (await found.json()) as Record<string, unknown>;
  const capital = { currency: "USD", allocated };
  const saved = await fetch(`${url()}/api/profiles/${id}`, {
    method: "PUT",
    headers: {
      ...headers,
      "if-match": found.headers.get("etag") ?? "",
      "idempotency-key": crypto.randomUUID(),
    },
    body: JSON.stringify({ name, capital, strategyConfig }),
  });
  expect(saved.status).toBe(200);
}

test("an edit is checked where it is written, compared, and saved as a version", async ({
  app,
}) => {
  const { id, write, save } = await edit(app, "Edited");
  await expect(save).toBeDisabled();
  await write("close > 1000000", "close > nonsense(1)");
  await expect(app.getByText("1 error", { exact: true })).toBeVisible();
  await expect(app.getByText(/nonsense/).last()).toBeVisible();
  await expect(save).toBeDisabled();
  await write("close > nonsense(1)", "close > 2000000");
  await expect(app.getByText("Valid", { exact: true })).toBeVisible();
  await app.getByText("Changes", { exact: true }).click();
  await expect(app.getByText("close > 2000000").first()).toBeVisible();
  await save.click();
  await expect(app.getByText("Saved as version 2.")).toBeVisible();
  await app.goto(`profiles/${id}?tab=versions`);
  await expect(app.getByText(/version 2/i).first()).toBeVisible();
});

test("what somebody else saves meanwhile is seen before it is replaced", async ({ app }) => {
  const { token, id, write, save } = await edit(app, "Shared");
  await write("close > 1000000", "close > 3000000");
  await expect(app.getByText("Valid", { exact: true })).toBeVisible();
  let isFirst = true;
  await app.route(`**/api/profiles/${id}`, async (route) => {
    if (isFirst && route.request().method() === "PUT") {
      isFirst = false;
      await replace(token, id, `Theirs ${id}`, "5000");
    }
    await route.continue();
  });
  await save.click();
  const conflict = app.getByRole("alert").filter({ hasText: "another version meanwhile" });
  await expect(conflict).toContainText("nothing of theirs was overwritten");
  await expect(app.getByText("while you were editing")).toHaveCount(0);
  await conflict.getByRole("button", { name: "Compare with the newer version" }).click();
  await expect(app.getByRole("heading", { name: `Edit Theirs ${id}` })).toBeVisible();
  const changes = app.getByLabel("Your changes beside the rules");
  await expect(changes).toContainText(`NameTheirs ${id} → Shared`);
  await expect(changes).toContainText("Capital5,000.00 USD → 10,000.00 USD");
  await expect(app.getByText("close > 3000000").first()).toBeVisible();
  await save.click();
  await expect(app.getByText("Saved as version 3.")).toBeVisible();
});

test("a name and a capital that somebody else saves are compared without other rules", async ({
  app,
}) => {
  const { token, id } = await edit(app, "Apart");
  await replace(token, id, `Theirs ${id}`, "5000");
  const newer = app.getByRole("status").filter({ hasText: "while you were editing" });
  await newer.getByRole("button", { name: "Compare" }).click();
  const changes = app.getByLabel("Your changes beside the rules");
  await expect(changes).toContainText("Capital5,000.00 USD → 10,000.00 USD");
  await expect(app.getByText("Nothing is changed")).toHaveCount(0);
  await app.getByRole("textbox", { name: "Name" }).fill(`Theirs ${id}`);
  await app.getByRole("textbox", { name: "Capital" }).fill("5000");
  await expect(app.getByText("Nothing is changed")).toBeVisible();
});

test("capital that is in use is said at the field that would take it away", async ({ app }) => {
  const token = await tokenOf(url());
  const profileId = await makeIdleProfile(url(), token, `In use ${Date.now()}`);
  const order = { profileId, symbol: "ACME", side: "buy", type: "market", quantity: "4" };
  await post(url(), "/api/orders/manual", order, token);
  await until(url(), `/api/profiles/${profileId}`, token, (text) =>
    text.includes('"openPositions":1'),
  );
  await app.goto(`profiles/${profileId}/edit`);
  const capital = app.getByRole("textbox", { name: "Capital" });
  await capital.fill("10");
  await app.getByRole("button", { name: "Save" }).click();
  await expect(capital).toHaveAccessibleDescription(
    /^It must be at least [\d.]+, which is in use; close something\.$/,
  );
  await expect(app.getByRole("alert")).toHaveCount(0);
  await post(url(), `/api/profiles/${profileId}/flatten`, {}, token);
});
