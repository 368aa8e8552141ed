// Puts a Brotli copy beside every file of dist/ that gains by one; the server sends it to browsers
// that take it. At build time there is time for the best.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url).pathname;
const COMPRESSIBLE = /\.(html|js|css|svg|webmanifest)$/;

for (const name of readdirSync(dist, { recursive: true })) {
  if (!COMPRESSIBLE.test(name)) continue;
  const file = readFileSync(join(dist, name));
  const compressed = brotliCompressSync(file);
  if (compressed.length < file.length) writeFileSync(join(dist, `${name}.br`), compressed);
}
