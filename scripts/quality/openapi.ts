/** Writes docs/openapi.json, the document the service serves; with `--check`, fails when it is not up to date. */
import { readFile, writeFile } from "node:fs/promises";

const path = "docs/openapi.json";
// The worker's own types and Node's do not go together in one program: it is asked for at run time.
const { openApiText }: { openApiText: (publicUrl: string) => string } = await import(
  new URL("../../src/app.ts", import.meta.url).href
);
const written = `${JSON.stringify(JSON.parse(openApiText("https://accounts.example.com")), null, 2)}\n`;

if (process.argv.includes("--check")) {
  const found = await readFile(path, "utf8").catch(() => "");
  if (found !== written) {
    console.error(`${path} is not up to date: run npm run openapi`);
    process.exitCode = 1;
  }
} else {
  await writeFile(path, written);
}
