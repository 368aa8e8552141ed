import react from "@vitejs/plugin-react";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { VitePWA } from "vite-plugin-pwa";
import { defineConfig } from "vitest/config";
import { firstPaint } from "./build/firstPaint.ts";
import { DARK } from "./src/app/palette.ts";

const SERVER = process.env.BALLAST_URL ?? "http://127.0.0.1:4018";
const { version } = JSON.parse(
  readFileSync(new URL("./package.json", import.meta.url), "utf8"),
) as { version: string };
const proxied = { target: SERVER, changeOrigin: false };

// Few files for what is opened first, each with all that it is made of, the most needed first: left
// alone it would be thirty small ones, and a phone waits for a round trip with each.
const FIRST_FILES = [
  { name: "react", test: /node_modules\/(react|react-dom|scheduler)\// },
  { name: "router", test: /node_modules\/@tanstack\/(react-router|router-core|history)\// },
  { name: "start", test: /src\/start\.ts$/ },
  // With what both sign-in and the shell are made of.
  { name: "app", test: /(main\.tsx|useAction\.ts|\/(ActionIcon|Input|use-uncontrolled)\.mjs)$/ },
  { name: "sign-in", test: /src\/features\/sign-in\/SignInPage\.tsx$/ },
  { name: "shell", test: /src\/app\/shell\/Shell\.tsx$/ },
  { name: "home", test: /src\/features\/home\/HomePage\.tsx$/ },
].map((group, place, groups) => ({ ...group, priority: groups.length - place }));

// Addresses are relative, so that one build works under any path: `index.html` has a `<base>` that
// the server sets to its own prefix.
export default defineConfig({
  base: "./",
  resolve: { alias: { "~": fileURLToPath(new URL("./src", import.meta.url)) } },
  define: { "import.meta.env.VITE_CLIENT_VERSION": JSON.stringify(version) },
  plugins: [
    react(),
    firstPaint(),
    VitePWA({
      registerType: "prompt",
      injectRegister: null,
      manifest: {
        name: "Ballast",
        short_name: "Ballast",
        description: "Trade by your own rules, and keep hold of it.",
        id: "./",
        start_url: "./",
        scope: "./",
        display: "standalone",
        background_color: DARK.page,
        theme_color: DARK.page,
        categories: ["finance"],
        icons: [
          { src: "icons/icon.svg", sizes: "any", type: "image/svg+xml" },
          { src: "icons/icon-192.png", sizes: "192x192", type: "image/png" },
          { src: "icons/icon-512.png", sizes: "512x512", type: "image/png" },
          {
            src: "icons/maskable-512.png",
            sizes: "512x512",
            type: "image/png",
            purpose: "maskable",
          },
        ],
      },
      workbox: {
        // The shell only. Answers of the server are never cached: a stale balance misleads.
        globPatterns: ["**/*.{js,css,html,svg,png}", "assets/inter-latin-*.woff2"],
        navigateFallback: "index.html",
        navigateFallbackDenylist: [
          /\/api\//,
          /\/platform\//,
          /\/internal\//,
          /\/socket\.io\//,
          /\/health/,
          /\/metrics/,
          /\/\.well-known\//,
        ],
        runtimeCaching: [],
        cleanupOutdatedCaches: true,
      },
    }),
  ],
  build: {
    target: "es2023",
    chunkSizeWarningLimit: 600,
    sourcemap: false,
    // The page's policy allows no inline script, and a module preloads without help.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    // One style sheet, in one order whatever is opened first.
    cssCodeSplit: false,
    rolldownOptions: {
      output: {
        codeSplitting: { groups: FIRST_FILES },
      },
    },
  },
  server: {
    host: "127.0.0.1",
    proxy: {
      "/api": proxied,
      "/platform": proxied,
      "/internal": proxied,
      "/health": proxied,
      "/socket.io": { ...proxied, ws: true },
    },
  },
  preview: {
    host: "127.0.0.1",
    proxy: {
      "/api": proxied,
      "/platform": proxied,
      "/internal": proxied,
      "/health": proxied,
      "/socket.io": { ...proxied, ws: true },
    },
  },
  test: { environment: "jsdom", include: ["src/**/*.test.{ts,tsx}"] },
});
