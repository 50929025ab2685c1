import type { Operation } from "../../test/http/schemas.ts";
import type { Shot } from "./generate.ts";

/** A fault, with the first request that showed it. */
export interface Failure {
  /** Which request of the run it was, from 0. */
  readonly number: number;
  times: number;
  readonly faults: readonly string[];
  readonly request: string;
  readonly answer: string;
}

/** How often each operation was answered what. */
export class Tally {
  readonly #counts = new Map<string, Map<number, number>>();

  count(operation: string, status: number): void {
    const counts = this.#counts.get(operation) ?? new Map<number, number>();
    this.#counts.set(operation, counts.set(status, (counts.get(status) ?? 0) + 1));
  }

  /** One line an operation: the share of successes, and each status with its number. */
  lines(): string[] {
    return this.#sorted().map(([operation, counts]) => {
      const statuses = [...counts].sort(([one], [other]) => one - other);
      const all = statuses.map(([status, count]) => `${status}×${count}`).join(" ");
      return `${operation.padEnd(26)} ${percent(this.#share(operation)).padStart(5)}  ${all}`;
    });
  }

  json(): object {
    return Object.fromEntries(
      this.#sorted().map(([operation, counts]) => [operation, Object.fromEntries(counts)]),
    );
  }

  /** Operations that never succeeded, or never refused though the document says they can. */
  untried(operations: readonly Operation[]): string[] {
    return operations.flatMap(({ id, answers }) => {
      const statuses = [...(this.#counts.get(id) ?? new Map<number, number>()).keys()];
      const refuses = Object.keys(answers).some((status) => status.startsWith("4"));
      const never = (first: number) => !statuses.some((status) => Math.floor(status / 100) === first);
      return [
        ...(never(2) ? [`${id} never succeeded`] : []),
        ...(refuses && never(4) ? [`${id} never refused`] : []),
      ];
    });
  }

  #sorted(): [operation: string, counts: Map<number, number>][] {
    return [...this.#counts].toSorted(([one], [other]) => one.localeCompare(other));
  }

  #share(operation: string): number {
    const counts = [...(this.#counts.get(operation) ?? [])];
    const sum = (some: typeof counts) => some.reduce((total, [, count]) => total + count, 0);
    return sum(counts.filter(([status]) => status < 300)) / sum(counts);
  }
}

/** A command for a shell that asks the same; a token is a variable with its caller's name. */
export function curl({ caller, sent: { method, target, headers, body } }: Shot, address: URL): string {
  const shown = headers.map(([name, value]) =>
    name === "Authorization"
      ? `-H "Authorization: Bearer $${caller.name.toUpperCase().replaceAll(" ", "_")}"`
      : `-H ${quoted(`${name}: ${value}`)}`,
  );
  const sent = body === undefined ? [] : [`--data-binary ${quoted(Buffer.from(body).toString())}`];
  return ["curl --path-as-is -i -X", method, quoted(`${address.origin}${target}`), ...shown, ...sent].join(
    " ",
  );
}

/** Text in the quotes of a shell that understands escapes. */
function quoted(text: string): string {
  const shown = text.length > 300 ? `${text.slice(0, 300)}… (${text.length} characters)` : text;
  const escaped = [...shown].map((character) =>
    /[\x20-\x7e]/.test(character) && !/['\\]/.test(character)
      ? character
      : character === "'" || character === "\\"
        ? `\\${character}`
        : [...Buffer.from(character)].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join(""),
  );
  return `$'${escaped.join("")}'`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
