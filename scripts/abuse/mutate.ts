import type { Operation, Schema } from "../../test/http/schemas.ts";
import { encode, jsonText } from "./bodies.ts";
import type { Draft } from "./draft.ts";
import {
  hostileBodies,
  hostileHeaders,
  hostileSegments,
  hostileTexts,
  hostileValues,
  Raw,
} from "./hostile.ts";
import type { Random } from "./random.ts";
import { schemaAt } from "./valid.ts";

/** Makes one thing wrong with a request, or two. */
export function mutate(draft: Draft, random: Random): void {
  for (let left = random.chance(0.25) ? 2 : 1; left > 0; left -= 1) {
    random.pick(mutations.filter(({ fits }) => fits(draft))).change(draft, random);
  }
}

interface Mutation {
  readonly fits: (draft: Draft) => boolean;
  readonly change: (draft: Draft, random: Random) => void;
}

const hasBody = ({ body }: Draft) => body !== undefined;
const hasQuery = ({ operation }: Draft) => queryNames(operation).length > 0;
const hasPath = ({ path }: Draft) => path.size > 0;
const always = () => true;

const mutations: readonly Mutation[] = [
  { fits: hasBody, change: spoilField },
  { fits: hasBody, change: spoilField },
  { fits: hasBody, change: pressBound },
  { fits: hasBody, change: pressBound },
  { fits: hasBody, change: dropField },
  { fits: hasBody, change: addFields },
  { fits: hasBody, change: cutBody },
  { fits: hasBody, change: replaceBody },
  { fits: hasQuery, change: spoilQuery },
  { fits: hasQuery, change: spoilQuery },
  { fits: hasQuery, change: repeatQuery },
  { fits: hasPath, change: spoilPath },
  { fits: hasPath, change: spoilPath },
  { fits: always, change: addQuery },
  { fits: always, change: addHeader },
  { fits: always, change: addHeader },
  { fits: always, change: changeMethod },
  { fits: ({ body }) => body === undefined, change: replaceBody },
];

function spoilField({ body, random }: Draft): void {
  const at = placeIn(body, random);
  if (at) at.holder[at.name] = hostileValue(random);
}

/** Right at a bound of the schema, or one past it. */
function pressBound(draft: Draft, random: Random): void {
  const [root] = Object.values(draft.operation.bodies).map((body) => body.schema);
  const reference = root?.["$ref"];
  const schema = typeof reference === "string" ? schemaAt(draft.document, reference) : root;
  const properties = Object.entries((schema?.["properties"] ?? {}) as Record<string, Schema>);
  if (draft.body === undefined || properties.length === 0) return;
  const [name, property] = random.pick(properties);
  const off = random.pick([-1, 0, 1]);
  if (typeof property["maxLength"] === "number") {
    const length = random.pick([Number(property["minLength"] ?? 0), property["maxLength"]]) + off;
    draft.body[name] = random.pick(["a", "é", "😀"]).repeat(Math.max(length, 0));
  } else if (typeof property["minimum"] === "number") {
    draft.body[name] = random.pick([property["minimum"], Number(property["maximum"] ?? 2 ** 53 - 1)]) + off;
  } else if (typeof property["maxItems"] === "number") {
    const held = draft.body[name];
    const item: unknown = (Array.isArray(held) ? held[0] : undefined) ?? draft.topic.random.uuid();
    draft.body[name] = Array.from({ length: property["maxItems"] + off }, () => item);
  } else {
    draft.body[name] = random.pick(["", 0, [], {}, null]);
  }
}

function dropField({ body, random }: Draft): void {
  const at = placeIn(body, random);
  if (at) delete at.holder[at.name];
}

function addFields({ body, random }: Draft): void {
  if (body === undefined) return;
  const names = [
    "id",
    "uuid",
    "role",
    "type",
    "limits",
    "max_users",
    "blocking_state",
    "iss",
    "toString",
    "",
  ];
  for (let left = 3; left > 0; left -= 1) body[random.pick(names)] = hostileValue(random);
}

/** JSON that ends too early, says a key twice, or brings a prototype. */
function cutBody(draft: Draft, random: Random): void {
  const text = jsonText(draft.body ?? {});
  const [first] = Object.keys(draft.body ?? {});
  const odd = random.pick([
    text.slice(0, random.below(text.length)),
    `${text} ${text}`,
    `{${JSON.stringify(first ?? "a")}: null, ${text.slice(1)}`,
    `{"__proto__": ${text}, ${text.slice(1)}`.replace(/, \}$/, "}"),
    `[${text}]`,
    `\u00a0${text}`,
  ]);
  draft.content = { content: Buffer.from(odd), type: "application/json" };
}

function replaceBody(draft: Draft, random: Random): void {
  const [body, type] = random.pick(hostileBodies);
  draft.content = { content: Buffer.from(body), type };
}

function spoilQuery({ operation, query, random }: Draft): void {
  const name = random.pick(queryNames(operation));
  const kept = query.filter((pair) => !pair.startsWith(`${name}=`));
  const value = random.chance(0.3) ? rawQuery(random) : encode(random.pick(hostileTexts));
  query.splice(0, query.length, ...kept, `${name}=${value}`);
}

function repeatQuery({ operation, query, random }: Draft): void {
  const name = random.pick(queryNames(operation));
  query.push(`${name}=1`, `${name}=${encode(random.pick(hostileTexts))}`);
}

function addQuery({ query, random }: Draft): void {
  const name = random.pick(["__proto__", "a[]", "%00", "organization", "page", "=", "%zz", "id", "cursor"]);
  query.push(`${name}=${random.chance(0.5) ? rawQuery(random) : encode(random.pick(hostileTexts))}`);
}

function spoilPath({ path, random }: Draft): void {
  const name = random.pick([...path.keys()]);
  path.set(name, random.chance(0.5) ? random.pick(hostileSegments) : encode(random.pick(hostileTexts)));
}

function addHeader({ headers, random }: Draft): void {
  const [name, value] = random.pick(hostileHeaders);
  const kept = headers.filter(([other]) => other.toLowerCase() !== name.toLowerCase());
  headers.splice(0, headers.length, ...kept, [name, value]);
}

/** Never into a deletion: the tenants' homes and people stay. */
function changeMethod(draft: Draft, random: Random): void {
  draft.method = random.pick(["GET", "HEAD", "POST", "PUT", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "LOCK"]);
  // What the method means for that path is another operation's: with this body nobody knows what it would do.
  if (draft.method !== draft.operation.method.toUpperCase()) draft.body = undefined;
}

function rawQuery(random: Random): string {
  return random.pick(hostileSegments).replaceAll(/[\s#]/g, "");
}

function hostileValue(random: Random): unknown {
  return random.chance(0.5) ? random.pick(hostileTexts) : random.pick(hostileValues);
}

/** A place somewhere in an object, its depths included. */
function placeIn(
  value: unknown,
  random: Random,
): { holder: Record<string, unknown>; name: string } | undefined {
  if (typeof value !== "object" || value === null || value instanceof Raw || value instanceof Uint8Array)
    return undefined;
  const holder = value as Record<string, unknown>;
  const names = Object.keys(holder);
  if (names.length === 0) return undefined;
  const name = random.pick(names);
  return (random.chance(0.6) ? placeIn(holder[name], random) : undefined) ?? { holder, name };
}

function queryNames({ parameters }: Operation): string[] {
  return parameters.filter(({ in: where }) => where === "query").map(({ name }) => name);
}
