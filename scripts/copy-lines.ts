/** The lines of a whole export, as `npm run export -- --all` writes and `npm run import` reads them. */

/** The form of the lines; another one is not read. */
export const COPY_FORM = 1;

/** A value as it is stored. */
type Value = string | number | null;
export type StoredRow = Readonly<Record<string, Value>>;

export interface CopiedRow {
  readonly table: string;
  readonly row: StoredRow;
}

export type CopyLine =
  /** The first one. */
  | { readonly kind: "export"; readonly form: number; readonly id: string; readonly at: string }
  /** A row of the database. */
  | ({ readonly kind: "row" } & CopiedRow)
  | { readonly kind: "logo"; readonly account: string; readonly base64: string }
  /** A row of an account's usage object. */
  | ({ readonly kind: "usage"; readonly account: string } & CopiedRow)
  /** The last one, with how many there are of each. */
  | { readonly kind: "end"; readonly row: number; readonly logo: number; readonly usage: number };
