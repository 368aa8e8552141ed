/**
 * What `index.html` needs so that something is drawn at once: the mark in the colours of the
 * palette, and the addresses of the scripts that `start.ts` asks for. The style sheet comes behind
 * the mark, so that only what is drawn after it waits for it.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createElement, type ComponentType } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { runnerImport, type HtmlTagDescriptor, type Plugin, type Rolldown } from "vite";
import { DARK, LIGHT, type Palette } from "../src/app/palette.ts";

const MAIN = "/src/main.tsx";
const ROOT = '\n    <div id="root">';
const STYLE_SHEET = /\s*<link rel="stylesheet"[^>]*>/;

export function firstPaint(): Plugin {
  return {
    name: "first-paint",
    transformIndexHtml: {
      order: "post",
      async handler(html, { bundle }) {
        const [styleSheet = ""] = STYLE_SHEET.exec(html) ?? [];
        const drawn = html
          .replace(STYLE_SHEET, "")
          .replace(ROOT, styleSheet + ROOT)
          .replace("%launch%", await launch())
          .replaceAll("%page-dark%", DARK.page)
          .replaceAll("%page-light%", LIGHT.page);
        const tags = bundle === undefined ? [] : preloads(bundle, html);
        return {
          html: drawn,
          tags: [{ tag: "style", children: style(), injectTo: "head" }, ...tags],
        };
      },
    },
  };
}

async function launch(): Promise<string> {
  const file = fileURLToPath(new URL("../src/app/Launch.tsx", import.meta.url));
  const { module } = await runnerImport<{ Launch: ComponentType }>(file);
  return renderToStaticMarkup(createElement(module.Launch));
}

function style(): string {
  const own = readFileSync(new URL("../src/app/launch.css", import.meta.url), "utf8");
  const dark = colours(DARK);
  return (
    `:root { color-scheme: light; ${colours(LIGHT)} }\n` +
    `@media (prefers-color-scheme: dark) { :root { color-scheme: dark; ${dark} } }\n` +
    [LIGHT, DARK].map(chosen).join("") +
    own
  );
}

function chosen(palette: Palette): string {
  const name = palette === DARK ? "dark" : "light";
  const selector = `:root[data-mantine-color-scheme="${name}"]`;
  return `${selector} { color-scheme: ${name}; ${colours(palette)} }\n`;
}

function colours({ page, muted, accentText }: Palette): string {
  return `--page: ${page}; --muted: ${muted}; --accent: ${accentText};`;
}

/** The scripts of the application itself, which no tag names as `start.ts` loads it. */
function preloads(bundle: Rolldown.OutputBundle, html: string): HtmlTagDescriptor[] {
  const names = new Set<string>();
  const add = (name: string) => {
    const file = bundle[name];
    if (names.has(name) || file?.type !== "chunk") return;
    names.add(name);
    file.imports.forEach(add);
  };
  for (const file of Object.values(bundle)) {
    const isMain = file.type === "chunk" && file.moduleIds.some((id) => id.endsWith(MAIN));
    if (isMain) add(file.fileName);
  }
  return [...names]
    .filter((name) => !html.includes(name))
    .map((name) => ({
      tag: "link",
      // Behind what draws the page and asks for its data.
      attrs: { rel: "modulepreload", fetchpriority: "low", crossorigin: true, href: `./${name}` },
      injectTo: "head",
    }));
}
