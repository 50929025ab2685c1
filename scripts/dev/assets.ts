import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/**
 * Copies the files of the pages to the folder that the Worker serves assets from: swagger-ui-dist with its licence,
 * our pages and their translations. Unchanged files are not written, because running services watch them.
 */
export function copyAssets(): void {
  const swagger = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
  copy(swagger, "docs", ["swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"]);
  copy(
    swagger,
    "docs",
    ["LICENSE", "NOTICE"].filter((name) => existsSync(join(swagger, name))),
  );
  copy(join("pages", "invite"), "invite", ["page.css", "page.js"]);
  copy("translations", "invite", readdirSync("translations"));
}

function copy(from: string, page: string, files: readonly string[]): void {
  const to = join("dist", "assets", page);
  mkdirSync(to, { recursive: true });
  for (const file of files) {
    const [source, target] = [join(from, file), join(to, file)];
    if (!isSame(source, target)) {
      copyFileSync(source, target);
    }
  }
}

function isSame(source: string, target: string): boolean {
  return existsSync(target) && readFileSync(source).equals(readFileSync(target));
}

if (import.meta.main) {
  copyAssets();
}
