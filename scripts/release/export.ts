/** Writes the whole service, or one account's own export, to stdout: `npm run export`. */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { CliError, errorCode, main } from "../cli.ts";
import { EXPORT_FORMAT, type ExportedRow, type ExportLine, type StoredRow } from "./export-lines.ts";
import { ServiceClient } from "./service-client.ts";

const USAGE = `usage: npm run --silent export -- --all [--url URL --token TOKEN] > FILE
       npm run --silent export -- --account SLUG [--url URL --token TOKEN] > FILE`;

/** An exported account that has data outside the database. */
interface Account {
  readonly uuid: string;
  readonly hasLogo: boolean;
}

type Page<Row> = { readonly rows: readonly Row[]; readonly next: string | null };

async function runExport(): Promise<void> {
  const { all, account, ...options } = readArguments();
  const service = new ServiceClient(options);
  if (account === undefined) await exportAll(service);
  else if (all === undefined) await exportAccount(service, account);
}

/** Writes an account's own export. Throws a CliError if its end is missing. */
async function exportAccount(service: ServiceClient, slug: string): Promise<void> {
  const response = await service.send("GET", `/api/v1/account/${encodeURIComponent(slug)}/export`);
  let end = "";
  for await (const text of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    end = (end + text).slice(-1_000);
    if (!process.stdout.write(text)) await once(process.stdout, "drain");
  }
  if (!/^\{"kind":"end"/m.test(end)) {
    throw new CliError("The export is incomplete: its end is missing. Export again.");
  }
}

/** Writes the whole service. Throws a CliError at the end if something changed meanwhile. */
async function exportAll(service: ServiceClient): Promise<void> {
  const before = await lastChange(service);
  const counts = { row: 0, logo: 0, usage: 0 };
  const accounts: Account[] = [];
  await write({ kind: "export", form: EXPORT_FORMAT, id: randomUUID(), at: new Date().toISOString() });
  for await (const { table, rows } of pages<Page<StoredRow> & { table: string }>(
    service,
    "/api/manage/@export",
  )) {
    for (const row of rows) {
      await write({ kind: "row", table, row });
      if (table === "accounts") accounts.push(accountOf(row));
    }
    counts.row += rows.length;
  }
  for (const { uuid, hasLogo } of accounts) {
    const logo = hasLogo ? await findLogo(service, uuid) : undefined;
    if (logo !== undefined) {
      await write({ kind: "logo", account: uuid, base64: logo });
      counts.logo += 1;
    }
    for await (const { rows } of pages<Page<ExportedRow>>(service, `/api/manage/@export/usage/${uuid}`)) {
      for (const { table, row } of rows) await write({ kind: "usage", account: uuid, table, row });
      counts.usage += rows.length;
    }
  }
  await write({ kind: "end", ...counts });
  if ((await lastChange(service)) !== before) {
    throw new CliError("The service was changed during the export, so it may be inconsistent. Export again.");
  }
}

/** Returns an account's logo in base64. Reports a missing logo on stderr and returns undefined. */
async function findLogo(service: ServiceClient, uuid: string): Promise<string | undefined> {
  const response = await service.find(`/api/v1/account/${uuid}/logo.png?account_id=${uuid}`);
  if (response === undefined) {
    console.error(`The logo of account ${uuid} is missing.`);
    return undefined;
  }
  return Buffer.from(await response.arrayBuffer()).toString("base64");
}

async function* pages<Body extends { readonly next: string | null }>(
  service: ServiceClient,
  path: string,
): AsyncGenerator<Body> {
  for (let next: string | null = ""; next !== null;) {
    const page: Body = await service.getJson<Body>(next === "" ? path : `${path}?cursor=${next}`);
    yield page;
    ({ next } = page);
  }
}

function accountOf(row: StoredRow): Account {
  return { uuid: String(row["uuid"]), hasLogo: row["logo_hash"] !== null };
}

/** Returns the id of the newest audit row: each change has one. */
async function lastChange(service: ServiceClient): Promise<number | undefined> {
  const { items } = await service.getJson<{ items: { id: number }[] }>("/api/manage/@audit?limit=1");
  return items[0]?.id;
}

async function write(line: ExportLine): Promise<void> {
  if (!process.stdout.write(`${JSON.stringify(line)}\n`)) await once(process.stdout, "drain");
}

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        all: { type: "boolean" },
        account: { type: "string" },
        url: { type: "string" },
        token: { type: "string" },
      },
    });
    if ((values.all === true) === (values.account !== undefined)) throw new CliError(USAGE);
    return values;
  } catch (error) {
    if (error instanceof Error && errorCode(error)?.startsWith("ERR_PARSE_ARGS")) {
      throw new CliError(`${error.message}\n${USAGE}`);
    }
    throw error;
  }
}

await main(runExport);
