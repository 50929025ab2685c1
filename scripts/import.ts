import { parseArgs } from "node:util";
import { COPY_FORM, type CopiedRow, type CopyLine } from "./copy-lines.ts";
import { Remote } from "./remote.ts";
import { errorCode, CliError, main } from "./cli.ts";

const USAGE = "usage: npm run --silent import -- [--url URL --token TOKEN] < FILE";

/** How many rows, and how many characters of them, one request brings: a body has a mebibyte at the most. */
const MOST_ROWS = 500;
const MOST_CHARACTERS = 250_000;

async function importAccounts(): Promise<void> {
  const importer = new Importer(new Remote(readArguments()));
  for await (const text of linesOf(process.stdin.setEncoding("utf8"))) {
    if (text.trim() !== "") await importer.take(readLine(text));
  }
  console.error(`imported ${await importer.finish()}`);
}

/** Yields the lines of a text. U+2028 and U+2029 end none, as they stand in JSON's strings: readline ends one there. */
async function* linesOf(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let begun = "";
  for await (const text of texts) {
    const [end = "", ...lines] = text.split("\n");
    begun += end;
    if (lines.length === 0) continue;
    yield begun;
    begun = lines.pop() ?? "";
    yield* lines;
  }
  yield begun;
}

/** Brings the lines of an export to a service, in their order. */
class Importer {
  readonly #remote: Remote;
  #id: string | undefined;
  /** What is brought together next: rows of the database, or of one usage object. */
  #waiting: { path: string; rows: CopiedRow[]; characters: number } | undefined;
  readonly #counts = { row: 0, logo: 0, usage: 0 };
  /** How many rows of the database the service has. */
  #there = 0;
  #ended = false;

  constructor(remote: Remote) {
    this.#remote = remote;
  }

  async take(line: CopyLine): Promise<void> {
    if (this.#ended) throw new CliError("this export goes on behind its end");
    if ((this.#id === undefined) !== (line.kind === "export"))
      throw new CliError("this is not one whole export");
    if (line.kind === "export") {
      if (line.form !== COPY_FORM)
        throw new CliError(`this export has the form ${line.form}, not ${COPY_FORM}`);
      this.#id = line.id;
    } else if (line.kind === "end") {
      await this.#bring();
      this.#requireWhole(line);
      this.#ended = true;
    } else if (line.kind === "logo") {
      await this.#bring();
      await this.#bringLogo(line.account, line.base64);
    } else {
      const { table, row } = line;
      await this.#wait(line.kind === "row" ? "" : `/usage/${line.account}`, { table, row });
      this.#counts[line.kind] += 1;
    }
  }

  /** Ends the import, nothing being behind the end; returns what was brought, in words. Throws a CliError when the end was missing. */
  async finish(): Promise<string> {
    if (!this.#ended) throw new CliError("this export is not whole: its end is missing");
    await this.#bringRows([], true);
    const { row, logo, usage } = this.#counts;
    return `${row} rows, ${logo} logos, ${usage} rows of usage`;
  }

  async #wait(path: string, row: CopiedRow): Promise<void> {
    const characters = JSON.stringify(row).length;
    const waiting = this.#waiting;
    const fits =
      waiting !== undefined &&
      waiting.path === path &&
      waiting.rows.length < MOST_ROWS &&
      waiting.characters + characters <= MOST_CHARACTERS;
    if (!fits) await this.#bring();
    this.#waiting ??= { path, rows: [], characters: 0 };
    this.#waiting.rows.push(row);
    this.#waiting.characters += characters;
  }

  async #bring(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) return;
    const { path, rows } = waiting;
    if (path === "") await this.#bringRows(rows, false);
    else await this.#remote.ask("POST", `/api/manage/@import${path}`, JSON.stringify({ rows }));
  }

  /** Rows that are there already, from an import that broke off, are left out. */
  async #bringRows(rows: readonly CopiedRow[], end: boolean): Promise<void> {
    const first = this.#counts.row - rows.length;
    const left = rows.slice(Math.max(0, this.#there - first));
    if (left.length === 0 && !end) return;
    const position = this.#counts.row - left.length;
    const body = JSON.stringify({ export: this.#id, position, rows: left, end });
    const answer = (await (await this.#remote.ask("POST", "/api/manage/@import", body)).json()) as {
      position: number;
    };
    this.#there = answer.position;
    // It had more than these rows begin with: what is not there yet goes once more.
    if (this.#there < this.#counts.row) await this.#bringRows(rows, end);
  }

  async #bringLogo(account: string, base64: string): Promise<void> {
    const form = new FormData();
    form.append("file", new Blob([Buffer.from(base64, "base64")]), "logo");
    await this.#remote.ask("PUT", `/api/manage/@import/logo/${account}`, form);
    this.#counts.logo += 1;
  }

  #requireWhole(end: Extract<CopyLine, { kind: "end" }>): void {
    for (const kind of ["row", "logo", "usage"] as const) {
      if (end[kind] !== this.#counts[kind]) {
        throw new CliError(
          `this export is not whole: of ${end[kind]} lines of kind ${kind} ${this.#counts[kind]} are there`,
        );
      }
    }
  }
}

function readLine(text: string): CopyLine {
  const line = parse(text);
  if (!isLine(line)) throw new CliError("this is no export: a line of it is none of an export's");
  return line;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CliError("this is no export: a line of it is no JSON");
  }
}

/** What a line of a known kind holds is the service's to refuse. */
function isLine(line: unknown): line is CopyLine {
  const kinds: readonly unknown[] = ["export", "row", "logo", "usage", "end"] satisfies CopyLine["kind"][];
  return typeof line === "object" && line !== null && "kind" in line && kinds.includes(line.kind);
}

function readArguments() {
  try {
    return parseArgs({ options: { url: { type: "string" }, token: { type: "string" } } }).values;
  } catch (error) {
    if (error instanceof Error && errorCode(error)?.startsWith("ERR_PARSE_ARGS")) {
      throw new CliError(`${error.message}\n${USAGE}`);
    }
    throw error;
  }
}

await main(importAccounts);
