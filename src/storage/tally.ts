/** What one request, or one job, has asked of the platform so far. */
export class Tally {
  /** Round trips to the database, those tried again included. */
  trips = 0;
  /** Rows as D1 bills them. */
  rowsRead = 0;
  rowsWritten = 0;
  /** Calls of usage objects. */
  objectCalls = 0;
}
