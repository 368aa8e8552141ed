import react from "@vitejs/plugin-react";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { VitePWA } from "vite-plugin-pwa";
import { defineConfig } from "vitest/config";

const SERVER = process.env.BALLAST_URL ?? "http://127.0.0.1:4018";
const { version } = JSON.parse(
  readFileSync(new URL("./package.json", import.meta.url), "utf8"),
) as { version: string };
const proxied = { target: SERVER, changeOrigin: false };

// Addresses are relative, so that one build works under any path: `index.html` has a `<base>` that
// the server sets to its own prefix.
export default defineConfig({
  base: "./",
  resolve: { alias: { "~": fileURLToPath(new URL("./src", import.meta.url)) } },
  define: { "import.meta.env.VITE_CLIENT_VERSION": JSON.stringify(version) },
  plugins: [
    react(),
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
        background_color: "#101315",
        theme_color: "#101315",
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
