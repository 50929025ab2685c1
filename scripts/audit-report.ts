/** What `npm audit --json` prints. */

/** A published advisory about a package that is installed. */
export interface Finding {
  readonly id: string;
  readonly name: string;
  readonly severity: string;
  readonly title: string;
  /** The versions it is about. */
  readonly range: string;
}

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
