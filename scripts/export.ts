import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { COPY_FORM, type CopiedRow, type CopyLine, type StoredRow } from "./copy-lines.ts";
import { Remote } from "./remote.ts";
import { errorCode, CliError, main } from "./cli.ts";

const USAGE = `usage: npm run --silent export -- --all [--url URL --token TOKEN] > FILE
       npm run --silent export -- --account SLUG [--url URL --token TOKEN] > FILE`;

/** An account as far as more of it lies elsewhere. */
interface Account {
  readonly uuid: string;
  readonly hasLogo: boolean;
}

type Page<Row> = { readonly rows: readonly Row[]; readonly next: string | null };

async function exportAccounts(): Promise<void> {
  const { all, account, ...options } = readArguments();
  const remote = new Remote(options);
  if (account === undefined) await exportAll(remote);
  else if (all === undefined) await exportAccount(remote, account);
}

/** Writes what the account's own export answers; throws a CliError when it ends too early. */
async function exportAccount(remote: Remote, slug: string): Promise<void> {
  const response = await remote.ask("GET", `/api/v1/account/${encodeURIComponent(slug)}/export`);
  let end = "";
  for await (const text of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    end = (end + text).slice(-1_000);
    if (!process.stdout.write(text)) await once(process.stdout, "drain");
  }
  if (!/^\{"kind":"end"/m.test(end)) throw new CliError("this export is not whole: its end is missing");
}

/** Writes everything; says so when something was changed meanwhile. */
async function exportAll(remote: Remote): Promise<void> {
  const before = await lastChange(remote);
  const counts = { row: 0, logo: 0, usage: 0 };
  const accounts: Account[] = [];
  await write({ kind: "export", form: COPY_FORM, id: randomUUID(), at: new Date().toISOString() });
  for await (const { table, rows } of pages<Page<StoredRow> & { table: string }>(
    remote,
    "/api/manage/@export",
  )) {
    for (const row of rows) {
      await write({ kind: "row", table, row });
      if (table === "accounts") accounts.push(accountOf(row));
    }
    counts.row += rows.length;
  }
  for (const { uuid, hasLogo } of accounts) {
    const logo = hasLogo ? await findLogo(remote, uuid) : undefined;
    if (logo !== undefined) {
      await write({ kind: "logo", account: uuid, base64: logo });
      counts.logo += 1;
    }
    for await (const { rows } of pages<Page<CopiedRow>>(remote, `/api/manage/@export/usage/${uuid}`)) {
      for (const { table, row } of rows) await write({ kind: "usage", account: uuid, table, row });
      counts.usage += rows.length;
    }
  }
  await write({ kind: "end", ...counts });
  if ((await lastChange(remote)) !== before) {
    throw new CliError("something was changed meanwhile: this may not fit together; export again");
  }
}

/** Returns an account's logo in base64; one that is lost is said, and keeps nothing else from being exported. */
async function findLogo(remote: Remote, uuid: string): Promise<string | undefined> {
  const found = await remote.find(`/api/v1/account/${uuid}/logo.png?account_id=${uuid}`);
  if (found === undefined) {
    console.error(`the logo of ${uuid} is lost`);
    return undefined;
  }
  return Buffer.from(await found.arrayBuffer()).toString("base64");
}

async function* pages<Answer extends { readonly next: string | null }>(
  remote: Remote,
  path: string,
): AsyncGenerator<Answer> {
  for (let next: string | null = ""; next !== null;) {
    const page: Answer = await remote.read<Answer>(next === "" ? path : `${path}?cursor=${next}`);
    yield page;
    ({ next } = page);
  }
}

function accountOf(row: StoredRow): Account {
  return { uuid: String(row["uuid"]), hasLogo: row["logo_hash"] !== null };
}

/** Returns the id of the last change there is; every change has one. */
async function lastChange(remote: Remote): Promise<number | undefined> {
  const { items } = await remote.read<{ items: { id: number }[] }>("/api/manage/@audit?limit=1");
  return items[0]?.id;
}

async function write(line: CopyLine): Promise<void> {
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

await main(exportAccounts);
