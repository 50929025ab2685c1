/** The lines of an export of the whole service, as `npm run export -- --all` writes and `npm run import` reads them. */

/** Version of the format. An import rejects any other. */
export const EXPORT_FORMAT = 1;

/** A value as the database stores it. */
type Value = string | number | null;
export type StoredRow = Readonly<Record<string, Value>>;

export interface ExportedRow {
  readonly table: string;
  readonly row: StoredRow;
}

export type ExportLine =
  /** The first line. `id` identifies this export, so that its import can be resumed. */
  | { readonly kind: "export"; readonly form: number; readonly id: string; readonly at: string }
  /** A row of the database. */
  | ({ readonly kind: "row" } & ExportedRow)
  | { readonly kind: "logo"; readonly account: string; readonly base64: string }
  /** A row of an account's usage object. */
  | ({ readonly kind: "usage"; readonly account: string } & ExportedRow)
  /** The last line: the number of lines of each kind. */
  | { readonly kind: "end"; readonly row: number; readonly logo: number; readonly usage: number };
