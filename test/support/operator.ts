/** The operator API: paths, error bodies, accounts, zones and lists. */
import { expect } from "vitest";

import { queryRow, runStatements } from "./database.ts";
import {
  type ApiResponse,
  type Caller,
  createAccount,
  createOperator,
  createUser,
  type TestAccount,
  unique,
} from "./fixtures.ts";

interface HasId {
  readonly id: string;
}

export const operatorPath = "/api/manage";
export const accountPath = ({ id }: HasId): string => `${operatorPath}/@account/${id}`;
export const blockingPath = (account: HasId): string => `${accountPath(account)}/blocking_status`;
export const zonesPath = `${operatorPath}/@zones`;
export const zonePath = ({ id }: HasId): string => `${operatorPath}/@zone/${id}`;
export const userPath = ({ id }: HasId): string => `${operatorPath}/@user/${id}`;

export const noRole = { detail: "Missing permission: manage" };
export const noAccount = { detail: "Account not found" };
export const noSeat = { detail: "Seat limit reached. Remove a member, revoke an invite or raise the limit." };
export const notThisVersion = {
  detail: "The object has changed since the version in If-Match. Read it again and retry.",
};

/** Returns the body of a successful GET. Signs the caller in. */
export async function getBody(caller: Caller, path: string): Promise<ReturnType<typeof JSON.parse>> {
  const answer = await caller.get(path);
  expect([path, answer.status, answer.text]).toEqual([path, 200, answer.text]);
  return answer.body;
}

/** Returns the id of a caller's user. Signs the caller in. */
export async function userRefOf(caller: Caller): Promise<HasId> {
  return { id: (await getBody(caller, "/api/v1/user")).id };
}

const moment = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

/** Returns the operator API's body of a new account from `createAccount`. */
export function newAccountBody({ id, slug, title }: TestAccount): Record<string, unknown> {
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

export interface AuditChange {
  readonly actor: string;
  readonly action: string;
  readonly changes: unknown;
}

/** Returns the audit rows of a target such as `account:{uuid}`, oldest first. */
export async function auditChangesOf(target: string): Promise<AuditChange[]> {
  const [rows] = await runStatements([
    "SELECT actor, action, changes FROM audit_rows WHERE target = ? ORDER BY id",
    target,
  ]);
  return (rows ?? []).map(({ actor, action, changes }) => ({
    actor: String(actor),
    action: String(action),
    changes: JSON.parse(String(changes)),
  }));
}

/** Counts all audit rows. */
export async function countAuditRows(): Promise<number> {
  return Number((await queryRow("SELECT count(*) AS rows FROM audit_rows"))?.["rows"]);
}

/** Fetches all pages of a list one after another. `between` runs after each page with its number and items. */
export async function fetchPages(
  caller: Caller,
  path: string,
  between: (page: number, items: readonly HasId[]) => Promise<unknown> = () => Promise.resolve(),
): Promise<ReturnType<typeof JSON.parse>[][]> {
  const pages = [];
  let next: string | null = "1";
  while (next !== null) {
    const body: { items: []; next: string | null } = await getBody(
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

/** Returns the statuses of responses in ascending order. */
export function sortedStatuses(answers: readonly ApiResponse[]): number[] {
  return answers.map(({ status }) => status).sort((left, right) => left - right);
}

export const idOf = ({ id }: HasId): string => id;

/** Creates accounts with these titles. */
export async function createTitledAccounts(...titles: string[]): Promise<TestAccount[]> {
  const owner = await createUser();
  const made = [];
  for (const title of titles) made.push(await createAccount(owner, { title }));
  return made;
}

/** Creates an account, its owner and the operator. */
export async function setUp() {
  const owner = await createUser();
  const root = await createOperator();
  const account = await createAccount(owner);
  return {
    owner,
    root,
    account,
    path: accountPath(account),
    block: blockingPath(account),
    own: `/api/v1/account/${account.slug}`,
  };
}

/** Returns the audited changes of an account after its creation, oldest first. */
export async function accountChanges({ id }: HasId): Promise<unknown[]> {
  return (await auditChangesOf(`account:${id}`)).slice(1).map(({ changes }) => changes);
}

/** Returns the body of a new zone with a unique slug. */
export function newZone(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return { slug: unique("zone"), title: "Zone", cloud_provider: "AWS", ...fields };
}

export interface TestZone extends Readonly<Record<string, unknown>> {
  readonly id: string;
  readonly slug: string;
}

export async function createZone(root: Caller, fields: Record<string, unknown> = {}): Promise<TestZone> {
  const answer = await root.post(zonesPath, newZone(fields));
  if (answer.status !== 201) throw new Error(`No zone: ${answer.status} ${answer.text}`);
  return answer.body;
}

export const zoneSlugTaken = { status: 409, body: { detail: "A zone with this slug already exists" } };
