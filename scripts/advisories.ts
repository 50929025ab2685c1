/** What `npm audit --json` tells, and whether it may stand. */

/** A published advisory about a package that is installed. */
export interface Finding {
  readonly id: string;
  readonly name: string;
  readonly severity: string;
  readonly title: string;
  /** The versions it is about. */
  readonly range: string;
}

export interface Judgement {
  readonly code: 0 | 1 | 2;
  /** What is said; of advisories that nobody has answered, and else of how it ended. */
  readonly lines: readonly string[];
}

/** Under this heading of the page on security stands a table of the advisories that are answered. */
const heading = "### Answered advisories";

/** The advisories of a report, each package's once; undefined where it is none, as nobody answered. */
export function findingsOf(report: string): Finding[] | undefined {
  const vulnerabilities = packagesOf(parse(report));
  if (vulnerabilities === undefined) return undefined;
  const found = new Map<string, Finding>();
  for (const { via } of vulnerabilities) {
    for (const cause of via) {
      // A name stands for a package whose own advisories are in the report, too.
      if (typeof cause === "string") continue;
      const { url = "", source, name, severity, title, range } = cause;
      const id = /GHSA-[\w-]+/.exec(url)?.[0] ?? String(source);
      found.set(`${id} ${name}`, { id, name, severity, title, range });
    }
  }
  return [...found.values()];
}

/** The ids of the advisories that a page answers, each in the first column of a row. */
export function answeredIn(page: string): ReadonlySet<string> {
  const [, behind = ""] = page.split(`${heading}\n`);
  const [part = ""] = behind.split(/^#/m);
  return new Set([...part.matchAll(/^\| *(GHSA-[\w-]+)/gm)].map(([, id = ""]) => id));
}

/** Fails for an advisory that is not answered, and where nobody said what there is, unless that is optional. */
export function judge(
  findings: readonly Finding[] | undefined,
  answered: ReadonlySet<string>,
  optional: boolean,
): Judgement {
  if (findings === undefined) {
    const line = "The registry does not tell advisories: nothing is known of the dependencies.";
    return { code: optional ? 0 : 2, lines: [line] };
  }
  const open = findings.filter(({ id }) => !answered.has(id));
  if (open.length > 0) return { code: 1, lines: open.map(told) };
  const line = `Advisories about the production dependencies: ${findings.length}, each of them answered.`;
  return {
    code: 0,
    lines: [findings.length === 0 ? "No advisory is about the production dependencies." : line],
  };
}

function told({ id, name, severity, title, range }: Finding): string {
  return `${id} ${severity} ${name} ${range}: ${title}`;
}

interface Vulnerability {
  readonly via: readonly (string | Cause)[];
}

interface Cause extends Omit<Finding, "id"> {
  readonly source: number;
  readonly url?: string;
}

function parse(report: string): unknown {
  try {
    return JSON.parse(report);
  } catch {
    return undefined;
  }
}

/** A refusal of the registry is told as JSON, too, without packages. */
function packagesOf(report: unknown): readonly Vulnerability[] | undefined {
  const answer = report as { auditReportVersion?: unknown; vulnerabilities?: unknown } | null | undefined;
  if (answer?.auditReportVersion !== 2 || typeof answer.vulnerabilities !== "object") return undefined;
  return Object.values(answer.vulnerabilities ?? {}) as Vulnerability[];
}
