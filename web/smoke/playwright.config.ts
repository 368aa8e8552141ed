import { defineConfig } from "@playwright/test";
import { launchOptions } from "../playwright.config";

// With BALLAST_URL, BALLAST_E2E_EMAIL and BALLAST_E2E_PASSWORD a running server is checked;
// without, one that is started from the binary in BALLAST_SERVER.
export default defineConfig({
  testDir: ".",
  outputDir: "../test-results/smoke",
  globalSetup: "../e2e/global-setup.ts",
  workers: 1,
  reporter: [["./report.ts"]],
  timeout: 45_000,
  expect: { timeout: 10_000 },
  use: { launchOptions },
});
