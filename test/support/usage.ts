/** What the tests of usage share, on every face. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, vi } from "vitest";

import type { UsageState } from "../../src/durable/usage-meter.ts";
import { usageObjectsWith } from "./cost-meter.ts";
import {
  addToGroup,
  type ApiResponse,
  type Caller,
  createAccount,
  createUser,
  type TestAccount,
  unique,
} from "./fixtures.ts";
import { workerWith } from "./worker.ts";

interface HasId {
  readonly id: string;
}

export const hour = 60 * 60 * 1000;
export const day = 24 * hour;
export const maxInteger = Number.MAX_SAFE_INTEGER;

/** A Wednesday at noon, ahead of any clock. */
export const noon = Date.UTC(2040, 4, 16, 12);
export const june = Date.UTC(2040, 5, 1);

type Door = (request: Request) => Promise<Response>;
let stoppedFetch: Door | undefined;

/**
 * Stops the clock at noon for every test of a file, whose callers come from here alone: they go
 * through a door that knows no other clock. Alarms go by the machine's: they ring by hand.
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

/** Someone, with a token of the clock that holds. */
export async function createCaller(email?: string): Promise<Caller> {
  const caller = await createUser(email === undefined ? {} : { email });
  return stoppedFetch === undefined ? caller : caller.via(stoppedFetch);
}

/** Moves the stopped clock, and gives a caller a token of that time. */
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

/** The status and the body, to be compared in one go. */
export function statusAndBody({ status, body }: ApiResponse): { status: number; body: unknown } {
  return { status, body };
}

/** An account and its owner. */
export async function setUp(): Promise<{ owner: Caller; account: TestAccount }> {
  const owner = await createCaller();
  return { owner, account: await createAccount(owner) };
}

/** Someone of the group Metering. */
export async function createMeteringUser(): Promise<Caller> {
  const user = await createCaller();
  await addToGroup(user, 2);
  return user;
}

/** What an operator sets on an account. */
export async function changeSettings(account: HasId, settings: Record<string, unknown>): Promise<void> {
  const answer = await (await createOperatorCaller()).patch(operatorAccountPath(account), settings);
  expect([answer.status, answer.text]).toEqual([200, answer.text]);
}

/** An account as its owner and as the operator see it. */
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

/** An event of one token used, with an id of its own unless told. */
export function event(fields: Partial<Event> = {}): Event {
  return { id: unique("event"), metric: "ai_tokens_used", value: 1, ...fields };
}

/** Records events that are all accepted. */
export async function recordEvents(caller: Caller, account: HasId, ...events: Event[]): Promise<void> {
  expect(statusAndBody(await caller.post(usagePath(account), { events }))).toEqual(
    recordedResponse(events.length),
  );
}

/** What recording is answered. */
export function recordedResponse(accepted: number, duplicates = 0, refused: readonly object[] = []) {
  return { status: 200, body: { accepted, duplicates, refused } };
}

/** The metrics in the order they are told in. */
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

/** A point as it is told: every metric, those that are not given 0. */
export function point(timestamp: string, sums: Readonly<Record<string, number>> = {}) {
  const metrics = metricNames.map((name) => ({ name, value: sums[name] ?? 0, details: [] }));
  return { timestamp, metrics };
}

/** Reads usage by the keys of a query. */
export async function readUsage(caller: Caller, account: HasId, query: Readonly<Record<string, string>>) {
  return statusAndBody(await caller.get(`${usagePath(account)}?${new URLSearchParams(query).toString()}`));
}

/** The answer with these points. */
export const points = (...told: ReturnType<typeof point>[]) => ({ status: 200, body: told });

/** An account's usage object. */
export function usageObjectOf({ id }: HasId) {
  return env.USAGE.get(env.USAGE.idFromName(id));
}

/** What the current month counts, as the usage object knows it. */
export async function currentUsage(account: HasId): Promise<number> {
  const { usage }: UsageState = await usageObjectOf(account).state(Date.now());
  return usage;
}

/** Lets the usage object tell the database what it counted; whether it had anything to tell. */
export function runAlarm(account: HasId): Promise<boolean> {
  return runDurableObjectAlarm(usageObjectOf(account));
}

/** What an increment is answered. */
export function incrementResponse(usage: number, limit: number | null = 10_000, overriden = false) {
  const remaining = limit === null ? null : Math.max(0, limit - usage);
  return { status: 200, body: { limit, usage, remaining, overriden } };
}

/** What an increment is answered that would pass the limit. */
export function limitExceededResponse(usage: number, limit = 10_000, overriden = false) {
  const { body } = incrementResponse(usage, limit, overriden);
  return {
    status: 429,
    body: { ...body, detail: "This would pass the organization's usage limit." },
  };
}

/** A door behind which no usage object is reached. */
export function workerWithoutUsage(): Door {
  return workerWith({ USAGE: usageObjectsWith(() => Promise.reject(new Error("unreachable"))) });
}

/** A door behind which a usage object does what it is asked, and its answer is lost. */
export function workerLosingUsageAnswers(): Door {
  return workerWith({
    USAGE: usageObjectsWith(async (call) => {
      await call();
      throw new Error("lost");
    }),
  });
}

/** What is written down of a request that its account's object did not answer. */
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

/** Does something that is logged as a fault, quietly; what was logged. */
export async function captureErrors(work: () => Promise<void>): Promise<unknown[]> {
  const written: unknown[] = [];
  const listening = vi.spyOn(console, "error").mockImplementation((line) => void written.push(line));
  await work();
  listening.mockRestore();
  return written;
}

/** The sums of an account that are not 0, of the last year unless told. */
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
