/** Receives each batch that was sent, with what D1 reports of each statement; undefined if the batch failed. */
export type SqlTrace = (
  statements: readonly { readonly sql: string; readonly params: readonly unknown[] }[],
  costs: readonly D1Meta[] | undefined,
) => void;

/** Costs of one request or job so far. */
export class RequestStats {
  /** Round trips to the database, including retries. */
  roundTrips = 0;
  /** Rows as D1 bills them. */
  rowsRead = 0;
  rowsWritten = 0;
  /** Calls of usage objects. */
  durableObjectCalls = 0;
  /** Set while DEBUG_SQL is on. */
  readonly trace: SqlTrace | undefined;

  constructor(trace?: SqlTrace) {
    this.trace = trace;
  }
}
