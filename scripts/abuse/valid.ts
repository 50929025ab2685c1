import { png } from "../../test/domain/images.ts";
import { certificate } from "../../test/accounts/certificates.ts";
import type { Schema } from "../../test/http/schemas.ts";
import type { Random } from "./random.ts";
import type { Kind, Tenant } from "./seen.ts";

/** What a request is about, and who writes in it. */
export interface Topic {
  readonly random: Random;
  /** Whose things are named. */
  readonly tenant: Tenant;
  readonly account: string;
  /** Stands in every text: the marker of who writes. */
  readonly marker: string;
  readonly operation: string;
  readonly secret: string;
}

const day = 86_400_000;
/** One for the whole of a day, so that the same seed asks for the same. */
const today = Math.floor(Date.now() / day) * day;
const box = "11111111-2222-4333-8444-555555555555";

/** Returns a value that an operation should take, for a field of this name and schema. */
export function validValue(document: Schema, schema: Schema, name: string, topic: Topic): unknown {
  const { random } = topic;
  const reference = schema["$ref"];
  if (typeof reference === "string") return validValue(document, schemaAt(document, reference), name, topic);
  const types = [schema["type"] ?? []].flat() as string[];
  if (types.includes("null") && random.chance(0.1)) return null;
  const named = byName[name]?.(topic);
  if (named !== undefined) return named;
  const values = schema["enum"] as unknown[] | undefined;
  if (values !== undefined) return random.pick(values);
  if (types.includes("object")) return validObject(document, schema, topic);
  if (types.includes("array")) {
    const items = (schema["items"] ?? {}) as Schema;
    const singular = `${name} item`;
    return Array.from({ length: random.below(3) }, () => validValue(document, items, singular, topic));
  }
  if (types.includes("integer")) return Number(schema["minimum"] ?? 0) + random.below(100);
  if (types.includes("boolean")) return random.chance(0.5);
  if (schema["format"] === "uuid") return random.uuid();
  return textOf(topic);
}

function validObject(document: Schema, schema: Schema, topic: Topic): Record<string, unknown> {
  const required = (schema["required"] ?? []) as string[];
  const properties = Object.entries((schema["properties"] ?? {}) as Record<string, Schema>);
  return Object.fromEntries(
    properties
      .filter(([name]) => required.includes(name) || topic.random.chance(0.5))
      .map(([name, property]) => [name, validValue(document, property, name, topic)]),
  );
}

/** Follows a reference within the document. */
export function schemaAt(document: Schema, reference: string): Schema {
  const keys = reference.replace(/^#\//, "").split("/");
  return keys.reduce<Schema>((found, key) => found[key] as Schema, document);
}

/** Returns one that was seen, or one that nobody has. */
export function known(kind: Kind, { random, tenant }: Pick<Topic, "random" | "tenant">): string {
  const all = tenant.all(kind);
  return all.length === 0 ? random.uuid() : random.pick(all);
}

function textOf({ random, marker }: Topic): string {
  return `text ${random.word()} ${marker}`.trim();
}

function address(topic: Topic): string {
  if (topic.operation === "getLoginUrl" && topic.random.chance(0.5)) return known("address", topic);
  return `${topic.random.word()}.${topic.marker || "x"}@example.com`;
}

function moment({ random }: Topic, from: number, until: number): string {
  const at = today + (from + random.below(until - from)) * 3_600_000;
  return new Date(at).toISOString();
}

/** What a schema cannot say. */
const byName: Readonly<Record<string, (topic: Topic) => unknown>> = {
  slug: ({ random }) => `s-${random.word()}`,
  email: address,
  invitee_identifier: address,
  zone: (topic) => topic.random.pick(["europe-1", "us-1", known("zone", topic)]),
  domain: ({ random }) => `${random.word()}.example`,
  sso_url: ({ random }) => `https://idp.example/${random.word()}`,
  entity_id: ({ random }) => `https://idp.example/${random.word()}`,
  x509_cert: () => certificate,
  avatar: ({ random }) => `https://images.example.com/${random.word()}.png`,
  origin: ({ random }) => `https://${random.word()}.example`,
  idp_route: ({ random }) => random.word(),
  expiration_date: (topic) => moment(topic, 48, 9000),
  trial_expiration_date: (topic) => moment(topic, 48, 9000),
  timestamp: (topic) => moment(topic, -2000, 0),
  from: (topic) => moment(topic, -2000, -24),
  to: (topic) => moment(topic, -24, 24),
  knowledgebox: () => box,
  stash_id: () => box,
  value: ({ random }) => random.below(1000),
  usage: (topic) => (topic.operation === "incrementUsage" ? 1 + topic.random.below(50) : undefined),
  max_users: ({ random }) => 20 + random.below(50),
  usage_limit: ({ random }) => 1_000_000 + random.below(1_000_000),
  is_active: ({ random }) => random.chance(0.8),
  "groups item": ({ random }) => 1 + random.below(3),
  groups: (topic) => (mayAssign.has(topic.operation) ? undefined : []),
  "delete item": (topic) => known("user", topic),
  id: (topic) => (topic.operation === "updateMembers" ? known("user", topic) : undefined),
  token: ({ secret }) => secret,
  file: () => png(),
  organization: ({ account }) => account,
  account_id: ({ account }) => account,
  account: ({ account }) => account,
  uuid: ({ account }) => account,
  page: () => "1",
  search: ({ random, marker }) => random.pick(["home", "ho", `text ${marker}`.trim(), "user"]),
  query: ({ random, marker }) => random.pick(["user", "u", marker || "x"]),
  action: ({ random }) => random.pick(["account.create", "member.add", "invite.create"]),
  actor: (topic) => known("person", topic),
};

const mayAssign: ReadonlySet<string> = new Set(["updateManagedUser"]);
