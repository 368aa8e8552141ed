/** What is said in words that a person understands, once. */
import { test as plain } from "@playwright/test";
import { expect, signIn, test } from "./fixtures";

test("a trade that is not there is said once, and not offered again", async ({ app }) => {
  await app.goto("history/trd_0000000000000000");
  await expect(app.getByText("There is no such trade")).toHaveCount(1);
  await expect(app.getByRole("alert")).toHaveCount(0);
  await expect(app.getByRole("button", { name: "Try again" })).toHaveCount(0);
  await app.getByRole("link", { name: "All closed trades" }).click();
  await expect(app.getByRole("heading", { level: 1, name: "History" })).toBeVisible();
});

test("the ledger's rows name its accounts as its heading does", async ({ app }) => {
  await app.goto(`profiles/${process.env.BALLAST_E2E_PROFILE ?? ""}?tab=ledger`);
  await expect(app.getByText("Reserved for orders")).toBeVisible();
  const transfers = app.getByLabel("Transfers");
  await expect(transfers.getByText(/realised profit/i).first()).toBeVisible();
  await expect(app.getByText(/pnl/i)).toHaveCount(0);
});

test("one position is no positions", async ({ app, isPhone }) => {
  test.skip(isPhone, "profiles are removed on a larger screen");
  await app.goto(`profiles/${process.env.BALLAST_E2E_HOLDER ?? ""}`);
  const more = app.getByRole("button", { name: "More" });
  await more.click();
  await app.getByRole("menuitem", { name: "Remove…" }).click();
  const question = app.getByRole("dialog", { name: "Remove Holder?" });
  await expect(question).toContainText("It holds 1 position and has 0 working orders.");
  await question.getByRole("button", { name: "Keep it" }).click();
  await expect(question).toBeHidden();
  await expect(more).toBeFocused();
});

plain(
  "whose midnight parts the days is said where profit is counted by them",
  async ({ page }, { project }) => {
    await signIn(page);
    await page.evaluate(() =>
      localStorage.setItem("ballast.preferences", JSON.stringify({ timeZone: "Europe/Zurich" })),
    );
    const midnight = /[12]:00:00\sAM \(Europe\/Zurich\)\n.*12:00:00\sAM UTC$/;
    const since = page.getByText("since 00:00 UTC", { exact: true });
    await page.goto("");
    await expect(since.first()).toHaveAttribute("title", midnight);
    await page.goto(`profiles/${process.env.BALLAST_E2E_HOLDER ?? ""}`);
    await expect(since).toHaveAttribute("title", midnight);
    await page.goto("strategies");
    const said =
      project.name === "phone" ? since : page.getByRole("columnheader").getByText("Day profit");
    await expect(said).toHaveAttribute("title", midnight);
    await page.goto("history");
    await page.getByRole("link", { name: "Days of Europe/Zurich" }).click();
    await expect(page.getByRole("combobox", { name: "Time zone" })).toHaveValue("Europe/Zurich");
  },
);
