/** Pages of a list. The organizations API numbers them; links between them carry cursors. */

/** The start of a page: after or before a row, identified by its ordering keys. */
export interface Cursor {
  readonly direction: "after" | "before";
  readonly keys: readonly (string | number)[];
}

export interface PageRequest {
  /** From 1, or the last page. With a cursor it is only the displayed number. */
  readonly page: number | "last";
  /** Rows per page, 1 to 100. */
  readonly size: number;
  readonly cursor?: Cursor | undefined;
}

/** The rows to query for a page: order, start and number. */
export interface PageWindow {
  readonly descending: boolean;
  readonly afterKeys: readonly (string | number)[] | undefined;
  readonly offset: number;
  readonly limit: number;
}

/** The next or previous page: its number, and its cursor unless it is the first page. */
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

/** Returns the rows to query: one more than the page shows, which reveals whether there is a next page. */
export function pageWindow({ page, size, cursor }: PageRequest): PageWindow {
  if (cursor !== undefined) {
    return { descending: cursor.direction === "before", afterKeys: cursor.keys, offset: 0, limit: size + 1 };
  }
  if (page === "last") return { descending: true, afterKeys: undefined, offset: 0, limit: size };
  return { descending: false, afterKeys: undefined, offset: (page - 1) * size, limit: size + 1 };
}

/**
 * Creates a page from the rows of its window and the total count. Returns undefined if the page number
 * is too high. A page with a cursor may be empty, because its rows may have been deleted.
 */
export function makePage<Row>(
  { page, size, cursor }: PageRequest,
  queried: readonly Row[],
  count: number,
  keysOf: (row: Row) => readonly (string | number)[],
): Page<Row> | undefined {
  if (page === "last") {
    const number = Math.max(1, Math.ceil(count / size));
    const rows = queried.slice(0, count - (number - 1) * size).toReversed();
    return { rows, count, next: undefined, previous: linkBefore(number, rows[0], keysOf) };
  }
  if (queried.length === 0) return emptyPage({ page, size, cursor }, count);
  const backwards = cursor?.direction === "before";
  const rows = backwards ? queried.slice(0, size).toReversed() : queried.slice(0, size);
  const last = rows.at(-1);
  const hasNext = last !== undefined && (backwards || queried.length > size);
  return {
    rows,
    count,
    next: hasNext ? { page: page + 1, cursor: { direction: "after", keys: keysOf(last) } } : undefined,
    // A page reached backwards has read one row before its own, if there is one.
    previous: backwards && queried.length <= size ? undefined : linkBefore(page, rows[0], keysOf),
  };
}

/** Returns a page without rows. It links back to the row of its cursor, or the nearest remaining one. */
function emptyPage<Row>(
  { page, cursor }: PageRequest & { page: number },
  count: number,
): Page<Row> | undefined {
  if (cursor === undefined && page > 1) return undefined;
  const empty = { rows: [], count, next: undefined, previous: undefined };
  if (cursor === undefined) return empty;
  const backCursor = {
    direction: cursor.direction === "after" ? "before" : "after",
    keys: keysIncluding(cursor),
  } as const;
  if (cursor.direction === "before") return { ...empty, next: { page: page + 1, cursor: backCursor } };
  return page > 1
    ? { ...empty, previous: page === 2 ? { page: 1 } : { page: page - 1, cursor: backCursor } }
    : empty;
}

/** Shifts the keys so that the opposite direction starts with the row of the cursor. The last key is an integer. */
function keysIncluding({ direction, keys }: Cursor): (string | number)[] {
  return [...keys.slice(0, -1), Number(keys.at(-1)) + (direction === "after" ? 1 : -1)];
}

/** Encodes a cursor for a link: base64url of JSON, opaque to clients. */
export function encodeCursor({ direction, keys }: Cursor): string {
  const bytes = new TextEncoder().encode(JSON.stringify([direction, ...keys]));
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** Decodes a cursor with keys of the given types; returns undefined if this service cannot have created it. */
export function decodeCursor(text: string, keyTypes: readonly ("string" | "number")[]): Cursor | undefined {
  let parsed: unknown;
  try {
    const bytes = Uint8Array.fromBase64(text, { alphabet: "base64url" });
    parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch {
    return undefined;
  }
  if (!Array.isArray(parsed) || parsed.length !== keyTypes.length + 1) return undefined;
  const [direction, ...keys] = parsed as unknown[];
  if (direction !== "after" && direction !== "before") return undefined;
  const valid = keys.every(
    (key, index) =>
      typeof key === keyTypes[index] &&
      (typeof key === "number" ? isNumberKey(key) : isTextKey(key as string)),
  );
  return valid ? { direction, keys: keys as (string | number)[] } : undefined;
}

/** Maximum length of a text key: the search key of a title, which can be longer than the title. */
const maxKeyLength = 1_000;

function isTextKey(key: string): boolean {
  return key.length <= maxKeyLength && key.isWellFormed() && !key.includes("\0");
}

function isNumberKey(key: number): boolean {
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
