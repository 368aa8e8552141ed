import { expect, test } from "./fixtures";

test("an export has every page of the history", async ({ app, isPhone }) => {
  test.skip(isPhone, "the same code as on the desktop");
  const header = "id,symbol\n";
  await app.route("**/api/trades.csv?*", (route) => {
    const url = new URL(route.request().url());
    const page = url.searchParams.get("cursor") ?? "1";
    const link: Record<string, string> =
      page === "1" ? { link: '<?limit=200&cursor=2>; rel="next"' } : {};
    const headers = { "content-type": "text/csv", ...link };
    return route.fulfill({ headers, body: `${header}trd_${page},ACME\n` });
  });
  await app.goto("history");
  const [saved] = await Promise.all([
    app.waitForEvent("download"),
    app.getByRole("button", { name: "CSV" }).click(),
  ]);
  const stream = await saved.createReadStream();
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  expect(Buffer.concat(chunks).toString()).toBe(`${header}trd_1,ACME\ntrd_2,ACME\n`);
});
