/** What the page on security tells of advisories, and how an audit ends. */

import type { Finding } from "./audit-report.ts";

export interface Judgement {
  readonly code: 0 | 1 | 2;
  /** What is said; of what is wrong, and else of how it ended. */
  readonly lines: readonly string[];
}

/** A package in the version that is installed, or that the page tells. */
export interface Package {
  readonly name: string;
  readonly version: string;
}

/** Advisories about one package with one answer, as a row of the page tells them. */
export interface Known {
  readonly name: string;
  /** Each as the row writes it, such as `GHSA-… (CVE-…)`. */
  readonly advisories: readonly string[];
  /** The version from which on none of them is there. */
  readonly mendedIn: string;
}

/** The ids of the advisories that a page answers, so that they may stand. */
export function answeredIn(page: string): ReadonlySet<string> {
  const ids = rowsUnder(page, "### Answered advisories").map(([id = ""]) => id);
  return new Set(ids.filter((id) => id.startsWith("GHSA-")));
}

/** The advisories that a page knows to be mended, those of one row together. */
export function knownIn(page: string): Known[] {
  return rowsUnder(page, "### Advisories found").map(([name = "", ids = "", , mendedIn = ""]) => ({
    name,
    advisories: ids.split(",").map((id) => id.trim()),
    mendedIn,
  }));
}

/** The packages that a page says are in the worker. */
export function packagesIn(page: string): Package[] {
  return rowsUnder(page, "## Dependencies").map(([name = "", version = ""]) => ({ name, version }));
}

/** The packages that a lock file installs for production, each copy of one. */
export function installedIn(lock: string): Package[] {
  const { packages } = JSON.parse(lock) as { packages: Record<string, LockedPackage> };
  return Object.entries(packages)
    .filter(([path, locked]) => path !== "" && forOthers.every((use) => locked[use] !== true))
    .map(([path, { version }]) => ({ name: path.replace(/^.*node_modules\//, ""), version }));
}

/** What does not fit between a page and what is installed, a sentence each: an older version, above all. */
export function misfits(page: string, installed: readonly Package[]): string[] {
  const [listed, found] = [packagesIn(page).map(told), installed.map(told)];
  return [
    ...found.filter((one) => !listed.includes(one)).map((one) => `${one} is installed, but not listed`),
    ...listed.filter((one) => !found.includes(one)).map((one) => `${one} is listed, but not installed`),
    ...knownIn(page).flatMap((known) => misfitsOf(known, installed)),
  ];
}

/** Fails for an advisory that is not answered. */
export function judge(findings: readonly Finding[], answered: ReadonlySet<string>): Judgement {
  const open = findings.filter(({ id }) => !answered.has(id));
  if (open.length > 0) return { code: 1, lines: open.map(toldWhole) };
  const line = `Advisories about the production dependencies: ${findings.length}, each of them answered.`;
  return {
    code: 0,
    lines: [findings.length === 0 ? "No advisory is about the production dependencies." : line],
  };
}

/**
 * Judges by the page alone, where nobody else said what there is. Fails for what does not fit, and else for
 * not knowing of others, unless that is optional.
 */
export function judgeUntold(page: string, installed: readonly Package[], optional: boolean): Judgement {
  const silence = "The registry does not tell advisories: of others than the page knows, nothing is known.";
  const wrong = misfits(page, installed);
  if (wrong.length > 0) return { code: 1, lines: [silence, ...wrong] };
  const count = knownIn(page).flatMap(({ advisories }) => advisories).length;
  const held = `The ${count} advisories of docs/security.md were held against the installed versions: all are mended in them.`;
  return { code: optional ? 0 : 2, lines: [silence, held] };
}

function misfitsOf({ name, advisories, mendedIn }: Known, installed: readonly Package[]): string[] {
  const about = advisories.join(", ");
  if (!threeNumbers.test(mendedIn)) return [`${about}: not told which version of ${name} mended it`];
  const copies = installed.filter((one) => one.name === name);
  if (copies.length === 0) return [`${about}: ${name} is no production dependency`];
  return copies
    .filter(({ version }) => !threeNumbers.test(version) || isOlder(version, mendedIn))
    .map((copy) => `${told(copy)} is older than ${mendedIn}, which mended ${about}`);
}

/** No more than this is compared: what comes before a release counts as older than all. */
const threeNumbers = /^\d+\.\d+\.\d+$/;

function isOlder(version: string, other: string): boolean {
  const [these, those] = [version.split(".").map(Number), other.split(".").map(Number)];
  const at = these.findIndex((number, index) => number !== those[index]);
  return at !== -1 && (these[at] ?? 0) < (those[at] ?? 0);
}

/** The rows of the table under a heading, cell by cell, without its head. */
function rowsUnder(page: string, heading: string): string[][] {
  const [, behind = ""] = `\n${page}`.split(`\n${heading}\n`);
  const [part = ""] = behind.split(/^#/m);
  const lines = part.split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function told({ name, version }: Package): string {
  return `${name} ${version}`;
}

function toldWhole({ id, name, severity, title, range }: Finding): string {
  return `${id} ${severity} ${name} ${range}: ${title}`;
}

/** Of these uses, none is the worker's. */
const forOthers = ["dev", "optional", "peer", "devOptional"] as const;

type LockedPackage = Readonly<{ version: string } & Partial<Record<(typeof forOthers)[number], boolean>>>;
