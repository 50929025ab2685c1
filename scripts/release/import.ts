/** Imports an export of the whole service from stdin into an empty service: `npm run import`. */
import { parseArgs } from "node:util";
import { CliError, errorCode, main } from "../cli.ts";
import { EXPORT_FORMAT, type ExportedRow, type ExportLine } from "./export-lines.ts";
import { ServiceClient } from "./service-client.ts";

const USAGE = "usage: npm run --silent import -- [--url URL --token TOKEN] < FILE";

/** Rows per request, and their length in characters. A request body is limited to 1 MiB. */
const MAX_ROWS = 500;
const MAX_CHARACTERS = 250_000;

async function runImport(): Promise<void> {
  const importer = new Importer(new ServiceClient(readArguments()));
  for await (const text of linesOf(process.stdin.setEncoding("utf8"))) {
    if (text.trim() !== "") await importer.add(readLine(text));
  }
  console.error(`imported ${await importer.finish()}`);
}

/** Yields the lines of a text. `readline` is no alternative: it also splits at U+2028 and U+2029 in JSON strings. */
async function* linesOf(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let partial = "";
  for await (const text of texts) {
    const [end = "", ...lines] = text.split("\n");
    partial += end;
    if (lines.length === 0) continue;
    yield partial;
    partial = lines.pop() ?? "";
    yield* lines;
  }
  yield partial;
}

/** Sends the lines of an export to a service, in order. */
class Importer {
  readonly #service: ServiceClient;
  #id: string | undefined;
  /** Rows for the next request: of the database, or of one usage object. */
  #pending: { path: string; rows: ExportedRow[]; characters: number } | undefined;
  readonly #counts = { row: 0, logo: 0, usage: 0 };
  /** Number of database rows the service has imported. */
  #imported = 0;
  #ended = false;

  constructor(service: ServiceClient) {
    this.#service = service;
  }

  async add(line: ExportLine): Promise<void> {
    if (this.#ended) throw new CliError("The export has lines after its end. Import one export at a time.");
    if ((this.#id === undefined) !== (line.kind === "export")) {
      throw new CliError(
        "The export must start with exactly one line of kind export. Import one whole export.",
      );
    }
    if (line.kind === "export") {
      if (line.form !== EXPORT_FORMAT) {
        throw new CliError(
          `The export has format ${line.form}, not ${EXPORT_FORMAT}. Use the version that wrote it.`,
        );
      }
      this.#id = line.id;
    } else if (line.kind === "end") {
      await this.#flush();
      this.#assertComplete(line);
      this.#ended = true;
    } else if (line.kind === "logo") {
      await this.#flush();
      await this.#sendLogo(line.account, line.base64);
    } else {
      const { table, row } = line;
      await this.#enqueue(line.kind === "row" ? "" : `/usage/${line.account}`, { table, row });
      this.#counts[line.kind] += 1;
    }
  }

  /** Completes the import and returns a summary. Throws a CliError if the export's end is missing. */
  async finish(): Promise<string> {
    if (!this.#ended) {
      throw new CliError("The export is incomplete: its end is missing. Import the whole file.");
    }
    await this.#sendRows([], true);
    const { row, logo, usage } = this.#counts;
    return `${row} rows, ${logo} logos, ${usage} rows of usage`;
  }

  async #enqueue(path: string, row: ExportedRow): Promise<void> {
    const characters = JSON.stringify(row).length;
    const pending = this.#pending;
    const fits =
      pending !== undefined &&
      pending.path === path &&
      pending.rows.length < MAX_ROWS &&
      pending.characters + characters <= MAX_CHARACTERS;
    if (!fits) await this.#flush();
    this.#pending ??= { path, rows: [], characters: 0 };
    this.#pending.rows.push(row);
    this.#pending.characters += characters;
  }

  async #flush(): Promise<void> {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending === undefined) return;
    const { path, rows } = pending;
    if (path === "") await this.#sendRows(rows, false);
    else await this.#service.send("POST", `/api/manage/@import${path}`, JSON.stringify({ rows }));
  }

  /** Sends rows of the database, except those that an interrupted import has stored. */
  async #sendRows(rows: readonly ExportedRow[], end: boolean): Promise<void> {
    const first = this.#counts.row - rows.length;
    const missing = rows.slice(Math.max(0, this.#imported - first));
    if (missing.length === 0 && !end) return;
    const position = this.#counts.row - missing.length;
    const body = JSON.stringify({ export: this.#id, position, rows: missing, end });
    const response = (await (await this.#service.send("POST", "/api/manage/@import", body)).json()) as {
      position: number;
    };
    this.#imported = response.position;
    // The service had stored some of these rows and skipped the request: send the rest.
    if (this.#imported < this.#counts.row) await this.#sendRows(rows, end);
  }

  async #sendLogo(account: string, base64: string): Promise<void> {
    const form = new FormData();
    form.append("file", new Blob([Buffer.from(base64, "base64")]), "logo");
    await this.#service.send("PUT", `/api/manage/@import/logo/${account}`, form);
    this.#counts.logo += 1;
  }

  #assertComplete(end: Extract<ExportLine, { kind: "end" }>): void {
    for (const kind of ["row", "logo", "usage"] as const) {
      if (end[kind] !== this.#counts[kind]) {
        throw new CliError(
          `The export is incomplete: it has ${this.#counts[kind]} of ${end[kind]} lines of kind ${kind}. Import the whole file.`,
        );
      }
    }
  }
}

function readLine(text: string): ExportLine {
  const line = parse(text);
  if (!isExportLine(line)) throw new CliError("This is no export: a line has an unknown kind.");
  return line;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CliError("This is no export: a line is not valid JSON.");
  }
}

/** Checks only the kind of a line. The service validates the rest. */
function isExportLine(line: unknown): line is ExportLine {
  const kinds: readonly unknown[] = ["export", "row", "logo", "usage", "end"] satisfies ExportLine["kind"][];
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

await main(runImport);
