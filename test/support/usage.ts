/** Usage through all APIs, with a stopped clock. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, vi } from "vitest";

import type { UsageState } from "../../src/durable/usage-meter.ts";
import { usageObjectsWith } from "./cost-meter.ts";
import {
  addToGroup,
  type Caller,
  createAccount,
  createUser,
  type TestAccount,
  unique,
  statusAndBody,
  type Fetch,
} from "./fixtures.ts";
import { workerWith } from "./worker.ts";

interface HasId {
  readonly id: string;
}

export const hour = 60 * 60 * 1000;
export const day = 24 * hour;
export const maxInteger = Number.MAX_SAFE_INTEGER;

/** A Wednesday at noon in the future. */
export const noon = Date.UTC(2040, 4, 16, 12);
export const june = Date.UTC(2040, 5, 1);

let stoppedFetch: Fetch | undefined;

/**
 * Stops the clock at noon for all tests of a file. Their callers must come from this file, so that they use a
 * worker with the same clock. Alarms use the machine's clock, so tests run them with `runAlarm`.
 */
export function stopClock(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"], now: noon });
    stoppedFetch = workerWith({});
  });
  afterEach(() => {
    stoppedFetch = undefined;
    vi.useRealTimers();
  });
}

/** Creates a user with a token of the current time, stopped or not. */
export async function createCaller(email?: string): Promise<Caller> {
  const caller = await createUser(email === undefined ? {} : { email });
  return stoppedFetch === undefined ? caller : caller.via(stoppedFetch);
}

/** Moves the stopped clock and returns the caller with a token of that time. */
export function moveClock(now: number, caller: Caller): Promise<Caller> {
  vi.setSystemTime(now);
  return createCaller(caller.email);
}

export function createOperatorCaller(): Promise<Caller> {
  return createCaller("root@example.com");
}

export const incrementPath = ({ id }: HasId): string => `/accounts/organizations/${id}/increment/`;
export const usagePath = ({ id }: HasId): string => `/api/v1/account/${id}/usage`;
const operatorAccountPath = ({ id }: HasId): string => `/api/manage/@account/${id}`;

/** Creates an account and its owner. */
export async function setUp(): Promise<{ owner: Caller; account: TestAccount }> {
  const owner = await createCaller();
  return { owner, account: await createAccount(owner) };
}

/** Creates a user in the group Metering. */
export async function createMeteringUser(): Promise<Caller> {
  const user = await createCaller();
  await addToGroup(user, 2);
  return user;
}

/** Changes an account's settings as the operator. */
export async function changeSettings(account: HasId, settings: Record<string, unknown>): Promise<void> {
  const answer = await (await createOperatorCaller()).patch(operatorAccountPath(account), settings);
  expect([answer.status, answer.text]).toEqual([200, answer.text]);
}

/** Returns an account's state, which owner and operator must see alike. */
export async function readAccountState(account: HasId, owner: Caller) {
  const [own, all] = [
    await owner.get(`/api/v1/account/${account.id}`),
    await (await createOperatorCaller()).get(operatorAccountPath(account)),
  ];
  expect([own.status, all.status]).toEqual([200, 200]);
  expect(own.body.blocking_state).toBe(all.body.blocking_state);
  expect(own.body.current_kbs).toBe(all.body.current_kbs);
  return {
    state: all.body.blocking_state as string,
    usage: all.body.current_usage as number,
    kbs: all.body.current_kbs as number,
  };
}

export interface Event {
  readonly id: string;
  readonly metric: string;
  readonly value: unknown;
  readonly knowledgebox?: string | null;
  readonly timestamp?: string | number | null;
}

/** Returns an event of one token with a unique id, changed by `fields`. */
export function event(fields: Partial<Event> = {}): Event {
  return { id: unique("event"), metric: "ai_tokens_used", value: 1, ...fields };
}

/** Records events, which must all be accepted. */
export async function recordEvents(caller: Caller, account: HasId, ...events: Event[]): Promise<void> {
  expect(statusAndBody(await caller.post(usagePath(account), { events }))).toEqual(
    recordedResponse(events.length),
  );
}

/** Returns the response to recorded events. */
export function recordedResponse(accepted: number, duplicates = 0, refused: readonly object[] = []) {
  return { status: 200, body: { accepted, duplicates, refused } };
}

/** The metrics in the order of the API. */
export const metricNames = [
  "pre_processing_time",
  "slow_processing_time",
  "resources_processed",
  "bytes_processed",
  "chars_processed",
  "media_seconds_processed",
  "pages_processed",
  "paragraphs_processed",
  "searches_performed",
  "suggestions_performed",
  "predictions_performed",
  "docs_no_media",
  "ai_tokens_used",
  "nuclia_tokens",
  "nuclia_tokens_billed",
  "usage",
];

/** Returns a point with all metrics; missing sums are 0. */
export function point(timestamp: string, sums: Readonly<Record<string, number>> = {}) {
  const metrics = metricNames.map((name) => ({ name, value: sums[name] ?? 0, details: [] }));
  return { timestamp, metrics };
}

/** Reads usage with these query parameters. */
export async function readUsage(caller: Caller, account: HasId, query: Readonly<Record<string, string>>) {
  return statusAndBody(await caller.get(`${usagePath(account)}?${new URLSearchParams(query).toString()}`));
}

/** Returns the response with these points. */
export const points = (...expected: ReturnType<typeof point>[]) => ({ status: 200, body: expected });

/** Returns an account's usage object. */
export function usageObjectOf({ id }: HasId) {
  return env.USAGE.get(env.USAGE.idFromName(id));
}

/** Returns the usage object's count of the current month. */
export async function currentUsage(account: HasId): Promise<number> {
  const { usage }: UsageState = await usageObjectOf(account).state(Date.now());
  return usage;
}

/** Runs the usage object's alarm, which writes its counts to the database. Returns whether an alarm was set. */
export function runAlarm(account: HasId): Promise<boolean> {
  return runDurableObjectAlarm(usageObjectOf(account));
}

/** Returns the response to an increment. */
export function incrementResponse(usage: number, limit: number | null = 10_000, overriden = false) {
  const remaining = limit === null ? null : Math.max(0, limit - usage);
  return { status: 200, body: { limit, usage, remaining, overriden } };
}

/** Returns the response to an increment that would exceed the limit. */
export function limitExceededResponse(usage: number, limit = 10_000, overriden = false) {
  const { body } = incrementResponse(usage, limit, overriden);
  return {
    status: 429,
    body: {
      ...body,
      detail: "Usage limit of the month reached. Raise the limit or wait for the next month.",
    },
  };
}

/** Returns a worker that cannot reach usage objects. */
export function workerWithoutUsage(): Fetch {
  return workerWith({ USAGE: usageObjectsWith(() => Promise.reject(new Error("unreachable"))) });
}

/** Returns a worker that loses the responses of usage objects, which do their work. */
export function workerLosingUsageAnswers(): Fetch {
  return workerWith({
    USAGE: usageObjectsWith(async (call) => {
      await call();
      throw new Error("lost");
    }),
  });
}

/** Returns the log line of a request whose usage object did not answer. */
export function usageUnavailableLog(operation: string): object {
  const requestId: unknown = expect.any(String);
  return {
    event: "dependency_unavailable",
    requestId,
    operation,
    error: "usage_unavailable",
    reason: "Error",
  };
}

/** Runs something that logs errors, and returns the log lines instead of printing them. */
export async function captureErrors(work: () => Promise<void>): Promise<unknown[]> {
  const written: unknown[] = [];
  const listening = vi.spyOn(console, "error").mockImplementation((line) => void written.push(line));
  await work();
  listening.mockRestore();
  return written;
}

/** Returns the sums of an account that are not 0, by default of the last year. */
export async function usedSums(caller: Caller, account: HasId, range: { from?: string; to?: string } = {}) {
  const ends = {
    from: new Date(Date.now() - 400 * day + hour).toISOString().slice(0, 10),
    to: new Date(Date.now() + 2 * day).toISOString().slice(0, 10),
    ...range,
  };
  const { status, body } = await readUsage(caller, account, ends);
  expect([status, body]).toEqual([200, [expect.anything()]]);
  const [{ metrics }] = body as [ReturnType<typeof point>];
  return Object.fromEntries(metrics.filter(({ value }) => value > 0).map(({ name, value }) => [name, value]));
}
