/** Fills every table of a database with rows derived from its schema, whatever the schema's version. */

export type Value = string | number | null;
export type Row = Readonly<Record<string, unknown>>;
/** Runs statements in order and returns the rows of each. */
export type Run = (
  ...statements: (readonly [sql: string, ...values: Value[]])[]
) => Promise<readonly Row[][]>;

/** A table of the schema. */
export interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly references: readonly Reference[];
  /** Whether it only lists allowed values; migrations insert its rows. */
  readonly isValueList: boolean;
}

interface Column {
  readonly name: string;
  readonly isText: boolean;
  /** Whether an INSERT may omit it: it is nullable or has a default. */
  readonly isOptional: boolean;
  /** Whether the database generates it. */
  readonly isRowId: boolean;
  /** The allowed values, if a CHECK or a reference table lists them. */
  readonly allowed: readonly Value[];
}

interface Reference {
  readonly from: string;
  readonly table: string;
  readonly to: string;
}

/** Not in the schema: an account's creator becomes its owner and must be active. */
const maker: Reference = { from: "created_by", table: "users", to: "id" };
/** Columns that only triggers and imports may set. */
const setByItself = new Set(["member_count", "taking"]);

/** Returns all ordinary tables, each after the tables it references. */
export async function readTables(run: Run): Promise<Table[]> {
  const [found = []] = await run([
    `SELECT name, sql FROM sqlite_schema JOIN pragma_table_list USING (name) WHERE pragma_table_list.type = 'table'
     AND name NOT GLOB '_cf_*' AND name NOT GLOB 'sqlite_*' AND name <> 'd1_migrations' ORDER BY name`,
  ]);
  const names = found.map(({ name }) => String(name));
  // The database lists the last reference first.
  const references = `SELECT "from", "table", "to" FROM pragma_foreign_key_list(?) ORDER BY id DESC`;
  const results = await run(
    ...names.map((name) => ["SELECT * FROM pragma_table_info(?)", name] as const),
    ...names.map((name) => [references, name] as const),
  );
  const lists = names.filter((_, at) => isValueList(results[at] ?? []));
  const listed = await run(...lists.map((name) => [`SELECT * FROM "${name}"`] as const));
  const values = new Map(
    lists.map((name, at) => [name, (listed[at] ?? []).flatMap((row) => Object.values(row) as Value[])]),
  );
  return parentsFirst(
    names.map((name, at) =>
      tableOf(name, String(found[at]?.["sql"]), results[at] ?? [], results[names.length + at] ?? [], values),
    ),
  );
}

/**
 * Inserts rows into every table, using only these tables and columns. `round` makes the values of several calls
 * differ. Every second row omits optional columns.
 */
export async function insertFixtures(run: Run, tables: readonly Table[], round: number): Promise<void> {
  for (const table of tables.filter((one) => !one.isValueList)) {
    const keys = await lastKeys(run, tables, table);
    const inserts = Array.from({ length: rowsOf(table) }, (_, at) => {
      const given = table.columns.filter(
        ({ name, isRowId, isOptional }) =>
          !isRowId && !setByItself.has(name) && !(isOptional && at % 2 === 1),
      );
      const values = given.map((column) => {
        const place = table.references.findIndex(({ from }) => from === column.name);
        if (place < 0) return valueOf(column, round, at);
        return keys[place]?.at(table.references[place] === maker ? 0 : at + place) ?? null;
      });
      const names = given.map(({ name }) => `"${name}"`).join(", ");
      const marks = given.map(() => "?").join(", ");
      return [`INSERT INTO "${table.name}" (${names}) VALUES (${marks})`, ...values] as const;
    });
    await run(...inserts);
  }
}

/** Returns all rows by table. */
export async function readRows(run: Run, tables: readonly Table[]): Promise<Map<string, readonly Row[]>> {
  const rows = await run(...tables.map(({ name }) => [`SELECT * FROM "${name}"`] as const));
  return new Map(tables.map(({ name }, at) => [name, rows[at] ?? []]));
}

/** Returns the tables in which `happens` changed or removed rows. Added and removed columns are ignored. */
export async function tablesChangedBy(
  run: Run,
  tables: readonly Table[],
  happens: () => Promise<unknown>,
): Promise<string[]> {
  const before = await readRows(run, tables);
  await happens();
  const now = await readTables(run);
  const after = await readRows(run, now);
  const changed = inBothVersions(tables, now).filter(({ name, columns }) => {
    const valuesOf = (row: Row) => JSON.stringify(columns.map((column) => row[column.name]));
    const held = new Set(after.get(name)?.map(valuesOf));
    return before.get(name)?.some((row) => !held.has(valuesOf(row)));
  });
  return changed.map(({ name }) => name);
}

/** Returns the tables and columns that both versions have. */
export function inBothVersions(tables: readonly Table[], others: readonly Table[]): Table[] {
  return tables.flatMap((table) => {
    const other = others.find(({ name }) => name === table.name);
    if (other === undefined) return [];
    const columns = table.columns.filter(({ name }) => other.columns.some((one) => one.name === name));
    return [{ ...table, columns }];
  });
}

/** Tables without references get more rows, so that references can differ. */
function rowsOf({ references }: Table): number {
  return references.length === 0 ? 5 : 3;
}

function valueOf({ name, isText, allowed }: Column, round: number, at: number): Value {
  // Starts at the end, so that the first user is active. Changes every second row, unlike optional columns.
  if (allowed.length > 0) return allowed.at(-1 - (Math.ceil(at / 2) % allowed.length)) ?? null;
  return isText ? `x-${name}-${round}-${at}` : round * 100 + at + 1;
}

/** Returns, for each reference, the keys of the rows inserted last into the referenced table, in order. */
async function lastKeys(run: Run, tables: readonly Table[], { references }: Table): Promise<Value[][]> {
  if (references.length === 0) return [];
  const selects = references.map(({ table, to }) => {
    const parent = tables.find(({ name }) => name === table);
    const count = parent === undefined ? 0 : rowsOf(parent);
    return [`SELECT "${to}" AS key FROM "${table}" ORDER BY 1 DESC LIMIT ?`, count] as const;
  });
  return (await run(...selects)).map((rows) => rows.map(({ key }) => key as Value).toReversed());
}

/** Whether a table has one column of text and no other. */
function isValueList(columns: readonly Row[]): boolean {
  return columns.length === 1 && String(columns[0]?.["type"]).toLowerCase() === "text";
}

function tableOf(
  name: string,
  sql: string,
  columns: readonly Row[],
  keys: readonly Row[],
  lists: ReadonlyMap<string, Value[]>,
): Table {
  const all = keys.map(({ from, table, to }) => ({
    from: String(from),
    table: String(table),
    to: String(to),
  }));
  const references = all.filter(({ table }) => !lists.has(table));
  const primary = columns.filter(({ pk }) => Number(pk) > 0);
  return {
    name,
    references: name === "accounts" ? [...references, maker] : references,
    isValueList: lists.has(name),
    columns: columns.map((column) => {
      const isText = String(column["type"]).toLowerCase() === "text";
      return {
        name: String(column["name"]),
        isText,
        isOptional: column["notnull"] === 0 || column["dflt_value"] !== null,
        isRowId: primary.length === 1 && primary[0] === column && !isText,
        allowed:
          lists.get(all.find(({ from }) => from === column["name"])?.table ?? "") ??
          allowedIn(sql, String(column["name"])),
      };
    }),
  };
}

function allowedIn(sql: string, column: string): Value[] {
  const list = new RegExp(`CHECK\\s*\\(\\s*${column} in \\(([^)]*)\\)`, "i").exec(sql)?.[1] ?? "";
  return [...list.matchAll(/'([^']*)'|(\d+)/g)].map(([, text, digits]) => text ?? Number(digits));
}

function parentsFirst(tables: readonly Table[]): Table[] {
  const ordered: Table[] = [];
  const add = (table: Table): void => {
    if (ordered.includes(table)) return;
    for (const { table: name } of table.references) {
      const parent = tables.find((one) => one.name === name);
      if (parent !== undefined && parent !== table) add(parent);
    }
    ordered.push(table);
  };
  for (const table of tables) add(table);
  return ordered;
}
