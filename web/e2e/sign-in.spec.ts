/** What stands in the way of somebody who wants in, and how it is told. */
import { expect, test } from "@playwright/test";
import { EMAIL, post } from "./server";

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

test("who registers is led to the message that lets them in", async ({ page }) => {
  await page.goto("register");
  await page.getByLabel("E-mail").fill(`new-${Date.now()}@example.org`);
  await page.getByLabel(/^New password/).fill("long enough for this");
  await page.getByRole("button", { name: "Create the account" }).click();
  await expect(page.getByRole("link", { name: "the mailbox of this server" })).toBeVisible();
});

test("a forgotten password is replaced through the mailed link, which works once", async ({
  page,
}) => {
  const url = (process.env.BALLAST_URL ?? "").replace(/\/$/, "");
  const email = `forgetful-${Date.now()}@example.org`;
  await post(url, "/platform/api/auth/register", { email, password: "what it was before" });
  await page.goto("forgot");
  await page.getByLabel("E-mail").fill(email);
  await page.getByRole("button", { name: "Send the link" }).click();
  await expect(page.getByRole("link", { name: "the mailbox of this server" })).toBeVisible();
  await page.goto("platform/dev/mailbox");
  const link = page.locator(`:has(> :text("To ${email}"))`).locator('a[href*="reset"]').first();
  const address = (await link.getAttribute("href")) ?? "";

  const field = page.getByLabel(/^New password/);
  const submit = page.getByRole("button", { name: "Change the password" });
  await page.goto(address);
  await field.fill("what it is from now on");
  await submit.click();
  await expect(page.getByText("The password is changed. Sign in with the new one.")).toBeVisible();
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel(/^Password/).fill("what it was before");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByText(/^E-mail or password is wrong/)).toBeVisible();
  await page.getByLabel(/^Password/).fill("what it is from now on");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Home" })).toBeVisible();

  await page.context().clearCookies();
  await page.goto("about:blank");
  await page.goto(address);
  await field.fill("one more time");
  await submit.click();
  await expect(page.getByText(/^The link is not good, or no longer/)).toBeVisible();
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
