// Prints what each script weighs compressed, and fails when what Home needs, which is what
// `index.html` loads at once with the shell and Home itself, is more than 300 kB.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const FIRST_LOAD_LIMIT_KB = 300;
const dist = new URL("../dist/", import.meta.url).pathname;
const html = readFileSync(join(dist, "index.html"), "utf8");
const kilobytes = (path) => gzipSync(readFileSync(path), { level: 9 }).length / 1000;

const HOME = /^(shell|home)-/;
const isFirst = (name) => html.includes(name) || HOME.test(name);

const assets = join(dist, "assets");
const scripts = readdirSync(assets)
  .filter((name) => name.endsWith(".js"))
  .map((name) => ({ name, first: isFirst(name), size: kilobytes(join(assets, name)) }))
  .sort((one, other) => other.size - one.size);

for (const { name, first, size } of scripts.filter((script) => script.first || script.size > 5)) {
  process.stdout.write(
    `${size.toFixed(1).padStart(8)} kB  ${first ? "first" : "later"}  ${name}\n`,
  );
}
const total = scripts.filter((script) => script.first).reduce((sum, { size }) => sum + size, 0);
process.stdout.write(`${total.toFixed(1).padStart(8)} kB  first load of ${FIRST_LOAD_LIMIT_KB}\n`);
if (total > FIRST_LOAD_LIMIT_KB) process.exit(1);
