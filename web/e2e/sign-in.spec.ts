/** What stands in the way of somebody who wants in, and how it is told. */
import { expect, test } from "@playwright/test";
import { EMAIL } from "./server";

test("a message that no mail server sends is found from where it was asked for", async ({
  page,
}) => {
  await page.goto("forgot");
  await page.getByLabel("E-mail").fill(EMAIL);
  await page.getByRole("button", { name: "Send the link" }).click();
  const opened = page.waitForEvent("popup");
  await page.getByRole("link", { name: "the mailbox of this server" }).click();
  const mailbox = await opened;
  await expect(mailbox.getByRole("heading", { level: 1, name: "Mailbox" })).toBeVisible();
  await expect(mailbox.getByText(`To ${EMAIL}`).first()).toBeVisible();
});

test("who tried too often sees the wait end, and another account does not wait", async ({
  page,
}) => {
  const now = new Date();
  await page.clock.install({ time: now });
  await page.goto("sign-in");
  const button = page.getByRole("button", { name: "Sign in" });
  await page.getByLabel("E-mail").fill(`nobody-${now.getTime()}@example.org`);
  const timer = page.getByRole("timer");
  await expect(async () => {
    await page.getByLabel(/^Password/).fill(`wrong ${Math.random()}`);
    const answered = page.waitForResponse(/auth\/login$/);
    await button.click();
    await answered;
    await expect(timer).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 30_000 });
  await expect(button).toBeDisabled();
  const first = await timer.textContent();
  await page.clock.runFor(3_000);
  await expect(timer).not.toHaveText(first ?? "");
  const email = page.getByLabel("E-mail");
  const locked = await email.inputValue();
  await email.fill(EMAIL);
  await expect(button).toBeEnabled();
  await email.fill(locked);
  await expect(button).toBeDisabled();
  await page.clock.runFor(31_000);
  await expect(page.getByText("You can try again now.")).toBeVisible();
  await expect(button).toBeEnabled();
});

test("a link that lost a part on its way is said to be cut", async ({ page }) => {
  await page.goto("first-administrator#token=abc");
  await expect(page.getByText(/shorter than a real one/)).toBeVisible();
  await page.goto("about:blank");
  await page.goto(`first-administrator#token=${"x".repeat(43)}`);
  await expect(page.getByRole("button", { name: "Create it and sign in" })).toBeVisible();
  await expect(page.getByText(/shorter than a real one/)).toHaveCount(0);
});
