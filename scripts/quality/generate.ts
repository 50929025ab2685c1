/** Writes the files that are generated from the code. With `--check`, fails if one is out of date instead. */
import { readFile, writeFile } from "node:fs/promises";
import { main } from "../cli.ts";
import { configurationPage } from "./configuration-page.ts";
import { errorsPage } from "./errors-page.ts";
import { openApiDocument } from "./openapi.ts";
import { requirementsDocument } from "./requirements.ts";
import { versionModule } from "./version-module.ts";

/** Generated in this order: the OpenAPI document contains the version. */
const FILES: Readonly<Record<string, () => string | Promise<string>>> = {
  "src/version.ts": versionModule,
  "docs/openapi.json": openApiDocument,
  "docs/configuration.md": configurationPage,
  "docs/errors.md": errorsPage,
  "docs/requirements.md": requirementsDocument,
};

await main(async () => {
  const isCheck = process.argv.includes("--check");
  for (const [path, generate] of Object.entries(FILES)) {
    const current = await readFile(path, "utf8").catch(() => "");
    const text = await generate();
    if (text === current) continue;
    if (isCheck) {
      console.error(`${path} is out of date. Run npm run generate.`);
      process.exitCode = 1;
    } else {
      await writeFile(path, text);
      console.log(`wrote ${path}`);
    }
  }
});
