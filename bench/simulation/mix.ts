/** A day of an average account: which operations it calls, how often, and their costs. Change this table for another product. */

export interface Operation {
  /** The operation's id in the OpenAPI document, and of its cost in test/support/costs. */
  readonly id: string;
  /** Calls of an average account in a day; an assumption. */
  readonly daily: number;
  /** Round trips and rows, from the cost tests. The second round trip writes. */
  readonly roundTrips: 1 | 2;
  readonly read: number;
  readonly written: number;
  /** Whether READ_REPLICAS lets a replica serve it. */
  readonly replica?: true;
  /** Rows written in the usage object; undefined if it is not called. */
  readonly object?: number;
  readonly logo?: "read" | "written";
  /** Messages sent to the queue. */
  readonly messages?: number;
}

/** Rows a usage object writes once per burst of increments: the previous hour, its day, and the alarm for the sync. */
export const rowsPerBurst = 3;

/** Events in one call. */
const eventsPerRecording = 50;
/**
 * Rows written for one call with events: each event when it is counted and when it is deleted; buckets of hour and day,
 * in two hours, for two knowledge boxes and the sum of all; the account's row.
 */
const rowsPerRecording = 2 * eventsPerRecording + 2 * 3 * 2 + 1;

export const mix: readonly Operation[] = [
  { id: "incrementUsage", daily: 60, roundTrips: 1, read: 5, written: 0, object: 1 },
  { id: "recordUsage", daily: 1, roundTrips: 1, read: 5, written: 0, object: rowsPerRecording },
  { id: "getUsage", daily: 1, roundTrips: 1, read: 5, written: 0, replica: true, object: 0 },
  { id: "getAccount", daily: 6, roundTrips: 1, read: 5, written: 0, replica: true },
  { id: "retrieveOrganization", daily: 2, roundTrips: 1, read: 5, written: 0, replica: true },
  { id: "getAccountPermissions", daily: 3, roundTrips: 1, read: 5, written: 0, replica: true },
  { id: "getUser", daily: 3, roundTrips: 1, read: 2, written: 0 },
  { id: "getWelcome", daily: 2, roundTrips: 1, read: 7, written: 0 },
  { id: "listAccounts", daily: 2, roundTrips: 1, read: 6, written: 0, replica: true },
  { id: "listOrganizations", daily: 2, roundTrips: 1, read: 12, written: 0, replica: true },
  { id: "listMembers", daily: 0.5, roundTrips: 1, read: 11, written: 0, replica: true },
  { id: "searchMembers", daily: 0.3, roundTrips: 1, read: 11, written: 0, replica: true },
  { id: "listAccountInvites", daily: 0.2, roundTrips: 1, read: 12, written: 0 },
  { id: "listAccountAudit", daily: 0.05, roundTrips: 1, read: 11, written: 0 },
  { id: "getLoginUrl", daily: 0.5, roundTrips: 1, read: 5, written: 0 },
  { id: "downloadLogo", daily: 2, roundTrips: 1, read: 5, written: 0, replica: true, logo: "read" },
  { id: "uploadLogo", daily: 0.002, roundTrips: 2, read: 13, written: 3, logo: "written" },
  { id: "modifyAccount", daily: 0.02, roundTrips: 2, read: 13, written: 3 },
  { id: "updateMembers", daily: 0.02, roundTrips: 2, read: 32, written: 7 },
  { id: "inviteToAccount", daily: 0.03, roundTrips: 2, read: 22, written: 12, messages: 1 },
  { id: "acceptInvite", daily: 0.02, roundTrips: 2, read: 23, written: 9 },
  { id: "createAccount", daily: 0.002, roundTrips: 2, read: 23, written: 17 },
];

/** Values that all accounts share. They are assumptions, unless a source is given. */
export const profile = {
  /** Increments within some seconds, from one job. */
  incrementsPerBurst: 10,
  /** Stored sign-ins of an account's users, at most one per user and hour: half a user, in three hours of a day. */
  dailySignIns: 1.5,
  /** Exponent of Zipf's law: the n-th most active account makes 1/n of the requests of the first. */
  zipf: 1,
  /** Processor time of the Worker per request. From docs/benchmarks.md: the service minus the bare Worker. */
  cpuMilliseconds: 1.5,
  /** Milliseconds for which a call, or a sync to the database, keeps an object in memory. Not measured. */
  objectMilliseconds: 5,
  syncMilliseconds: 100,
  /** Log lines per request: one of the runtime and one of the service. */
  logEvents: 2,
  /** Share of accounts with a logo, and its size. */
  logoShare: 0.3,
  logoBytes: 30_000,
  /** Bytes per account in the database, and of its history per year; from `measure-size.ts`. */
  accountBytes: 2_300,
  historyBytesPerYear: 4_940,
  /** Bytes of a usage object: when empty, per hour with usage, and per event. */
  objectBytes: 28_672,
  objectBytesPerHour: 37,
  objectBytesPerEvent: 35,
  eventsPerRecording,
} as const;
