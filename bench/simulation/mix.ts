/** A day of an average account: what is asked, how often, and what each asking costs. The one table to change for another product. */

export interface Operation {
  /** The operation's id in the OpenAPI document, under which its cost stands in test/storage. */
  readonly id: string;
  /** How often an average account asks it in a day; an assumption. */
  readonly daily: number;
  /** As the tests of costs have measured them; one more trip than one is the write. */
  readonly trips: 1 | 2;
  readonly read: number;
  readonly written: number;
  /** Whether READ_REPLICAS lets the nearest replica answer it. */
  readonly replica?: true;
  /** Rows written in the usage object, where it is called. */
  readonly object?: number;
  readonly logo?: "read" | "written";
  /** Messages put on the queue. */
  readonly messages?: number;
}

/**
 * What the usage object writes besides what a call always does: once for some increments that come
 * together, the hour that is over and its day, and the alarm that tells the database.
 */
export const rowsABurst = 3;

/** Events that come in one call. */
const eventsARecording = 50;
/**
 * An event each, now and when it is forgotten; in two hours of two knowledge boxes and of all together a
 * bucket of the hour and one of the day; the account's row.
 */
const recorded = 2 * eventsARecording + 2 * 3 * 2 + 1;

export const mix: readonly Operation[] = [
  { id: "incrementUsage", daily: 60, trips: 1, read: 5, written: 0, object: 1 },
  { id: "recordUsage", daily: 1, trips: 1, read: 5, written: 0, object: recorded },
  { id: "getUsage", daily: 1, trips: 1, read: 5, written: 0, replica: true, object: 0 },
  { id: "getAccount", daily: 6, trips: 1, read: 5, written: 0, replica: true },
  { id: "retrieveOrganization", daily: 2, trips: 1, read: 5, written: 0, replica: true },
  { id: "getAccountPermissions", daily: 3, trips: 1, read: 5, written: 0, replica: true },
  { id: "getUser", daily: 3, trips: 1, read: 2, written: 0 },
  { id: "getWelcome", daily: 2, trips: 1, read: 7, written: 0 },
  { id: "listAccounts", daily: 2, trips: 1, read: 6, written: 0, replica: true },
  { id: "listOrganizations", daily: 2, trips: 1, read: 12, written: 0, replica: true },
  { id: "listMembers", daily: 0.5, trips: 1, read: 11, written: 0, replica: true },
  { id: "searchMembers", daily: 0.3, trips: 1, read: 11, written: 0, replica: true },
  { id: "listAccountInvites", daily: 0.2, trips: 1, read: 12, written: 0 },
  { id: "listAccountAudit", daily: 0.05, trips: 1, read: 11, written: 0 },
  { id: "getLoginUrl", daily: 0.5, trips: 1, read: 5, written: 0 },
  { id: "downloadLogo", daily: 2, trips: 1, read: 5, written: 0, replica: true, logo: "read" },
  { id: "uploadLogo", daily: 0.002, trips: 2, read: 14, written: 3, logo: "written" },
  { id: "modifyAccount", daily: 0.02, trips: 2, read: 14, written: 3 },
  { id: "updateMembers", daily: 0.02, trips: 2, read: 32, written: 7 },
  { id: "inviteToAccount", daily: 0.03, trips: 2, read: 22, written: 12, messages: 1 },
  { id: "acceptInvite", daily: 0.02, trips: 2, read: 22, written: 9 },
  { id: "createAccount", daily: 0.002, trips: 2, read: 25, written: 17 },
];

/** What holds of all accounts together; assumptions, but for what names its source. */
export const habits = {
  /** Increments come as a job runs: so many within some seconds. */
  incrementsABurst: 10,
  /** Sign-ins written down, at most one a user and hour: half a user of each account, in three hours of a day. */
  signInsDaily: 1.5,
  /** The activity of accounts follows Zipf's law: the n-th asks 1/n of what the first does. */
  zipf: 1,
  /** Milliseconds of the worker's own processor time; docs/benchmarks.md: ours less the bare one's, which is the runtime's. */
  cpuMilliseconds: 1.5,
  /** How long a call keeps an object awake, and how long telling the database does, in milliseconds; neither was measured. */
  objectMilliseconds: 5,
  mirrorMilliseconds: 100,
  /** Lines a request leaves in the log: the runtime's and the service's own. */
  logEvents: 2,
  /** How many accounts have a logo, and its size. */
  logoShare: 0.3,
  logoBytes: 30_000,
  /** Bytes an account takes in the database, and those its history adds in a year; see `weigh.ts`. */
  accountBytes: 2_300,
  historyBytesAYear: 4_940,
  /** Bytes of a usage object: at first, for each hour it counted in, and for each event. */
  objectBytes: 28_672,
  objectBytesAnHour: 37,
  objectBytesAnEvent: 35,
  eventsARecording,
} as const;
