/** Pages of a list: numbered, as the organizations face tells them, and walked by cursors underneath. */

/** Where a page begins: behind a row, or before one, named by its ordering keys. */
export interface Cursor {
  readonly direction: "after" | "before";
  readonly keys: readonly (string | number)[];
}

export interface PageRequest {
  /** From 1, or the last there is. With a cursor it is only the number the page is shown under. */
  readonly page: number | "last";
  /** Rows a page, 1 to 100. */
  readonly size: number;
  readonly cursor?: Cursor | undefined;
}

/** What to read for a page: in which order, from where, how many rows. */
export interface PageWindow {
  readonly descending: boolean;
  readonly afterKeys: readonly (string | number)[] | undefined;
  readonly offset: number;
  readonly limit: number;
}

/** A neighbouring page: its number and, but for the first, its cursor. */
export interface PageLink {
  readonly page: number;
  readonly cursor?: Cursor;
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly count: number;
  readonly next: PageLink | undefined;
  readonly previous: PageLink | undefined;
}

/** What to read for a page: one row more than it shows, so that a next page is known without counting. */
export function pageWindow({ page, size, cursor }: PageRequest): PageWindow {
  if (cursor !== undefined) {
    return { descending: cursor.direction === "before", afterKeys: cursor.keys, offset: 0, limit: size + 1 };
  }
  if (page === "last") return { descending: true, afterKeys: undefined, offset: 0, limit: size };
  return { descending: false, afterKeys: undefined, offset: (page - 1) * size, limit: size + 1 };
}

/**
 * Makes the page out of the rows its window read and the count of all. Undefined when there is no
 * such page: a number too high. Behind a cursor an empty page is a page, for rows may have gone.
 */
export function makePage<Row>(
  { page, size, cursor }: PageRequest,
  read: readonly Row[],
  count: number,
  keysOf: (row: Row) => readonly (string | number)[],
): Page<Row> | undefined {
  if (page === "last") {
    const number = Math.max(1, Math.ceil(count / size));
    const rows = read.slice(0, count - (number - 1) * size).toReversed();
    return { rows, count, next: undefined, previous: linkBefore(number, rows[0], keysOf) };
  }
  if (read.length === 0) return emptyPage({ page, size, cursor }, count);
  const backwards = cursor?.direction === "before";
  const rows = backwards ? read.slice(0, size).toReversed() : read.slice(0, size);
  const last = rows.at(-1);
  const more = last !== undefined && (backwards || read.length > size);
  return {
    rows,
    count,
    next: more ? { page: page + 1, cursor: { direction: "after", keys: keysOf(last) } } : undefined,
    // Walked to from behind, a page knows whether there is one before it.
    previous: backwards && read.length <= size ? undefined : linkBefore(page, rows[0], keysOf),
  };
}

/** A page without rows leads back to where its reader came from: to the row its cursor names, or the nearest left. */
function emptyPage<Row>(
  { page, cursor }: PageRequest & { page: number },
  count: number,
): Page<Row> | undefined {
  if (cursor === undefined && page > 1) return undefined;
  const empty = { rows: [], count, next: undefined, previous: undefined };
  if (cursor === undefined) return empty;
  const back = {
    direction: cursor.direction === "after" ? "before" : "after",
    keys: including(cursor),
  } as const;
  if (cursor.direction === "before") return { ...empty, next: { page: page + 1, cursor: back } };
  return page > 1
    ? { ...empty, previous: page === 2 ? { page: 1 } : { page: page - 1, cursor: back } }
    : empty;
}

/** The keys from which a walk the other way begins with the row that a cursor names: the last key is an integer. */
function including({ direction, keys }: Cursor): (string | number)[] {
  return [...keys.slice(0, -1), Number(keys.at(-1)) + (direction === "after" ? 1 : -1)];
}

/** A cursor as it stands in a link: opaque to clients, base64url of JSON. */
export function encodeCursor({ direction, keys }: Cursor): string {
  const bytes = new TextEncoder().encode(JSON.stringify([direction, ...keys]));
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** Reads a cursor whose keys are of the types of `like`; undefined for anything this service did not make. */
export function decodeCursor(text: string, like: readonly ("string" | "number")[]): Cursor | undefined {
  let parsed: unknown;
  try {
    const bytes = Uint8Array.fromBase64(text, { alphabet: "base64url" });
    parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch {
    return undefined;
  }
  if (!Array.isArray(parsed) || parsed.length !== like.length + 1) return undefined;
  const [direction, ...keys] = parsed as unknown[];
  if (direction !== "after" && direction !== "before") return undefined;
  const fits = keys.every(
    (key, at) => typeof key === like[at] && (typeof key === "number" ? isKey(key) : isKeyText(key as string)),
  );
  return fits ? { direction, keys: keys as (string | number)[] } : undefined;
}

/** Longest text a cursor holds: a title's key, which folding can make longer than the title. */
const longestKey = 1_000;

function isKeyText(key: string): boolean {
  return key.length <= longestKey && key.isWellFormed() && !key.includes("\0");
}

function isKey(key: number): boolean {
  return Number.isSafeInteger(key) && key >= 0;
}

function linkBefore<Row>(
  page: number,
  first: Row | undefined,
  keysOf: (row: Row) => readonly (string | number)[],
): PageLink | undefined {
  if (page <= 1) return undefined;
  if (page === 2 || first === undefined) return { page: page - 1 };
  return { page: page - 1, cursor: { direction: "before", keys: keysOf(first) } };
}
