import { expect, test } from "./fixtures";

test("the application's files are sent compressed, and kept by browsers", async ({
  app,
  isPhone,
}) => {
  test.skip(isPhone, "the same files as on the desktop");
  const [script] = await Promise.all([
    app.waitForResponse((response) => /\/assets\/.*\.js$/.test(response.url())),
    app.goto("history"),
  ]);
  const headers = await script.allHeaders();
  expect(headers["content-encoding"]).toMatch(/^(br|gzip)$/);
  expect(headers["cache-control"]).toContain("immutable");
});
