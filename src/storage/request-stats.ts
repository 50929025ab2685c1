/** What one request, or one job, has asked of the platform so far. */
export class RequestStats {
  /** Round trips to the database, those tried again included. */
  roundTrips = 0;
  /** Rows as D1 bills them. */
  rowsRead = 0;
  rowsWritten = 0;
  /** Calls of usage objects. */
  durableObjectCalls = 0;
}
