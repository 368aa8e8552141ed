import { defineConfig } from "@playwright/test";
import { launchOptions } from "../../playwright.config";

// Measures, and is part of no check: a figure depends on the machine and on what else it does.
export default defineConfig({
  testDir: ".",
  testMatch: "*.bench.ts",
  outputDir: "../../test-results/bench",
  globalSetup: "../global-setup.ts",
  workers: 1,
  reporter: [["line"]],
  timeout: 120_000,
  use: { viewport: { width: 1440, height: 900 }, launchOptions },
});
