/** Checks the links of all Markdown files, and that the npm scripts and files they mention exist. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

import packageJson from "../../package.json" with { type: "json" };

const scripts = new Set(Object.keys(packageJson.scripts));
const pages = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.md"], { encoding: "utf8" })
  .split("\n")
  .filter((path) => path !== "" && existsSync(path));
const errors = pages.flatMap((page) => errorsOf(page).map((error) => `${page}: ${error}`));
if (errors.length > 0) {
  console.error(errors.join("\n"));
  process.exitCode = 1;
}

function errorsOf(page: string): string[] {
  const text = readFileSync(page, "utf8");
  const links = [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  const commands = [...text.matchAll(/\bnpm run (?:--silent )?([a-z][\w:-]*)/g)];
  const paths = [...text.matchAll(/`((?:src|test|scripts|migrations|translations)\/[\w./-]*\w)`/g)];
  return [
    ...links.filter((target) => !isReachable(page, target)).map((target) => `broken link ${target}`),
    ...commands
      .map(([, name = ""]) => name)
      .filter((name) => !scripts.has(name))
      .map((name) => `npm has no script ${name}`),
    ...paths
      .map(([, path = ""]) => path)
      .filter((path) => !existsSync(path))
      .map((path) => `${path} does not exist`),
  ];
}

function isReachable(page: string, target: string): boolean {
  if (/^[a-z]+:/.test(target)) return true;
  const [file = "", anchor] = target.split("#");
  const path = file === "" ? page : join(dirname(page), file);
  if (!existsSync(path)) return false;
  return anchor === undefined || anchorsOf(readFileSync(path, "utf8")).has(anchor);
}

/** Returns the anchors of a page's headings, as GitHub makes them. */
function anchorsOf(text: string): Set<string> {
  const headings = [...withoutCode(text).matchAll(/^#+ +(.+)$/gm)].map(([, heading = ""]) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{Letter}\p{Number}\s_-]/gu, "")
        .trim()
        .replaceAll(" ", "-"),
    ),
  );
}

function withoutCode(text: string): string {
  return text.replaceAll(/^ *```[^]*?^ *```$/gm, "");
}
