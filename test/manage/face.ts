/** What the tests of the operator's face share. */
import { expect } from "vitest";

import { row, run } from "../storage/rows.ts";
import {
  makeAccount,
  operator,
  someone,
  unique,
  type Answer,
  type Caller,
  type MadeAccount,
} from "../world.ts";

interface HasId {
  readonly id: string;
}

export const face = "/api/manage";
export const managed = ({ id }: HasId): string => `${face}/@account/${id}`;
export const blocking = (account: HasId): string => `${managed(account)}/blocking_status`;
export const zones = `${face}/@zones`;
export const oneZone = ({ id }: HasId): string => `${face}/@zone/${id}`;
export const oneUser = ({ id }: HasId): string => `${face}/@user/${id}`;

export const noRole = { detail: "You do not have the role this operation needs" };
export const noAccount = { detail: "Account not found" };
export const noSeat = { detail: "This account has no seat left" };
export const notThisVersion = { detail: "This is no longer the version that If-Match names" };

/** The status and the body, to be compared in one go. */
export function answered({ status, body }: Answer): { status: number; body: unknown } {
  return { status, body };
}

/** What is answered, which must be a success; signs the caller in where it is the first time. */
export async function shown(caller: Caller, path: string): Promise<ReturnType<typeof JSON.parse>> {
  const answer = await caller.get(path);
  expect([path, answer.status, answer.text]).toEqual([path, 200, answer.text]);
  return answer.body;
}

/** The id of a caller's user; signs them in. */
export async function userOf(caller: Caller): Promise<HasId> {
  return { id: (await shown(caller, "/api/v1/user")).id };
}

const moment = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

/** What an account just made by `makeAccount` looks like to the operator. */
export function newAccount({ id, slug, title }: MadeAccount): Record<string, unknown> {
  return {
    id,
    slug,
    title,
    description: null,
    email: null,
    type: "stash-trial",
    zone: null,
    creation_date: moment,
    trial_expiration_date: moment,
    current_users: 1,
    current_kbs: 0,
    current_usage: 0,
    max_users: null,
    max_kbs: null,
    usage_limit: null,
    effective: { max_users: 10, max_kbs: 1, usage_limit: 10_000 },
    limits: { upload: null, usage: null },
    usage_enforcement: "refuse",
    blocking_state: "unblocked",
    blocked_features: [],
    idp_route: null,
    domain: null,
    saml_entity_id: null,
    saml_sso_url: null,
    saml_x509_cert: null,
  };
}

export interface Change {
  readonly actor: string;
  readonly action: string;
  readonly changes: unknown;
}

/** The changes written down of a thing such as `account:{uuid}`, the oldest first. */
export async function changesOf(target: string): Promise<Change[]> {
  const [rows] = await run([
    "SELECT actor, action, changes FROM audit_rows WHERE target = ? ORDER BY id",
    target,
  ]);
  return (rows ?? []).map(({ actor, action, changes }) => ({
    actor: String(actor),
    action: String(action),
    changes: JSON.parse(String(changes)),
  }));
}

/** How many changes are written down in all. */
export async function changeCount(): Promise<number> {
  return Number((await row("SELECT count(*) AS rows FROM audit_rows"))?.["rows"]);
}

/** Asks for all pages of a list, one after another; `between` runs after each, with its number and what is on it. */
export async function walk(
  caller: Caller,
  path: string,
  between: (page: number, items: readonly HasId[]) => Promise<unknown> = () => Promise.resolve(),
): Promise<ReturnType<typeof JSON.parse>[][]> {
  const pages = [];
  let next: string | null = "1";
  while (next !== null) {
    const body: { items: []; next: string | null } = await shown(
      caller,
      `${path}${path.includes("?") ? "&" : "?"}page=${next}`,
    );
    expect(Object.keys(body)).toEqual(["items", "next"]);
    pages.push(body.items);
    ({ next } = body);
    await between(pages.length, body.items);
  }
  return pages;
}

/** The statuses of answers, the least first. */
export function statuses(answers: readonly Answer[]): number[] {
  return answers.map(({ status }) => status).sort((left, right) => left - right);
}

export const idOf = ({ id }: HasId): string => id;

/** Accounts of somebody's, with these titles. */
export async function makeTitled(...titles: string[]): Promise<MadeAccount[]> {
  const owner = await someone();
  const made = [];
  for (const title of titles) made.push(await makeAccount(owner, { title }));
  return made;
}

/** An account of its own, its owner, and the operator. */
export async function start() {
  const owner = await someone();
  const root = await operator();
  const account = await makeAccount(owner);
  return {
    owner,
    root,
    account,
    path: managed(account),
    block: blocking(account),
    own: `/api/v1/account/${account.slug}`,
  };
}

/** What was changed of an account since it was made, the oldest first. */
export async function changed({ id }: HasId): Promise<unknown[]> {
  return (await changesOf(`account:${id}`)).slice(1).map(({ changes }) => changes);
}

/** The body that makes a zone, with a slug of its own. */
export function newZone(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return { slug: unique("zone"), title: "Zone", cloud_provider: "AWS", ...fields };
}

export interface MadeZone extends Readonly<Record<string, unknown>> {
  readonly id: string;
  readonly slug: string;
}

export async function makeZone(root: Caller, fields: Record<string, unknown> = {}): Promise<MadeZone> {
  const answer = await root.post(zones, newZone(fields));
  if (answer.status !== 201) throw new Error(`No zone: ${answer.status} ${answer.text}`);
  return answer.body;
}

export const zoneSlugTaken = { status: 409, body: { detail: "A zone with this slug already exists" } };
