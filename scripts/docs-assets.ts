import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Copies what the docs page loads, and its licence, from swagger-ui-dist to where the worker serves assets from. */
const from = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
const to = join("dist", "assets", "docs");

mkdirSync(to, { recursive: true });
for (const file of ["swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"]) {
  copyFileSync(join(from, file), join(to, file));
}
for (const file of ["LICENSE", "NOTICE"].filter((name) => existsSync(join(from, name)))) {
  copyFileSync(join(from, file), join(to, file));
}
