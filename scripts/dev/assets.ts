import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Copies what the pages load to where the worker serves assets from: the docs page's from swagger-ui-dist with its licence, and our own. */
export function copyAssets(): void {
  const swagger = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
  copy(swagger, "docs", ["swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"]);
  copy(
    swagger,
    "docs",
    ["LICENSE", "NOTICE"].filter((name) => existsSync(join(swagger, name))),
  );
  copy(join("pages", "invite"), "invite", ["page.css", "page.js", "words.js"]);
}

function copy(from: string, page: string, files: readonly string[]): void {
  const to = join("dist", "assets", page);
  mkdirSync(to, { recursive: true });
  for (const file of files) {
    copyFileSync(join(from, file), join(to, file));
  }
}

if (import.meta.main) {
  copyAssets();
}
