/** What figures and curves are of is said, and chosen. */
import { expect, firstProfile, test } from "./fixtures";
import { makeIdleProfile, post, tokenOf, until } from "./server";

test("statistics are of everything until a shorter span is chosen", async ({ app }) => {
  const asked: (string | null)[] = [];
  app.on("request", (request) => {
    const url = new URL(request.url());
    if (url.pathname.endsWith("/performance")) asked.push(url.searchParams.get("from"));
  });
  const ask = () => app.waitForResponse((answer) => answer.url().includes("/performance"));
  const first = ask();
  await app.goto(`${await firstProfile(app)}?tab=statistics`);
  await first;
  await expect(app.getByText(/^Since the beginning/)).toBeVisible();
  await expect(app.getByText("Net profit, USD")).toBeVisible();
  expect(asked).toContain("1970-01-01T00:00:00Z");

  await app.getByText("Month", { exact: true }).click();
  await expect(app.getByText(/^Last 30 days/)).toBeVisible();
  await expect(app.getByText("Net profit, USD")).toBeVisible();
});

test("figures of a part of the trades are called that", async ({ app }) => {
  await app.route(/\/api\/profiles\/[^/]+\/performance/, async (route) => {
    const answer = await route.fetch();
    const body = (await answer.json()) as { statistics: object };
    const statistics = { ...body.statistics, closedTrades: 10_000, truncated: true };
    await route.fulfill({ json: { ...body, statistics } });
  });
  await app.goto(`${await firstProfile(app)}?tab=statistics`);
  await expect(app.getByText(/these are of the latest 10,000/)).toBeVisible();
});

test("the curve of Home names what it is of, its span and its currency", async ({ app }) => {
  const panel = app.getByRole("heading", { name: "Equity, USD" }).locator("xpath=../..");
  // The server has just begun, which is not a day ago.
  await expect(panel).toContainText(/Last 24 hours, data since \d/);
  await expect(panel).toContainText("Capital put in or taken out is a step.");
  await expect(panel.getByRole("img", { name: /: \d[\d.,]* USD at / })).toBeVisible();
  await panel.getByText("All", { exact: true }).click();
  await expect(panel).toContainText("Since the beginning");
  await app.route("**/api/performance**", async (route) => {
    const answer = await route.fetch();
    const [dollars] = (await answer.json()) as object[];
    await route.fulfill({ json: [{ ...dollars, currency: "EUR" }, dollars] });
  });
  await panel.getByText("Month", { exact: true }).click();
  await expect(app.getByRole("heading", { name: "Equity, EUR" })).toBeVisible();
  await app.getByRole("radiogroup", { name: "Currency" }).getByText("USD").click();
  await expect(app.getByRole("heading", { name: "Equity, USD" })).toBeVisible();
});

test("the capital of a new profile is no profit on the curve of Home", async ({ app }) => {
  const url = (process.env.BALLAST_URL ?? "").replace(/\/$/, "");
  const token = await tokenOf(url);
  const answer = await fetch(`${url}/api/performance`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const [before] = (await answer.json()) as { points: { allocated: string }[] }[];
  const known = Number(before?.points.at(-1)?.allocated);
  const id = await makeIdleProfile(url, token, `Capital ${Date.now()}`);
  await until(url, "/api/performance", token, (text) => text.includes(`"${known + 10_000}"`));
  await app.goto("");
  await app.getByRole("radiogroup", { name: "Curve" }).getByText("Profit").click();
  const curve = app.getByRole("img", { name: /^Profit in USD, / });
  await expect(curve).toHaveAccessibleName(/: [+−]?\d{1,3}\.\d\d USD at /);
  await post(url, `/api/profiles/${id}/stop`, {}, token);
});
