import * as fc from "fast-check";

import type { Operation, Schema } from "../../../test/support/openapi-schema.ts";
import type { HttpRequest } from "../http-client.ts";
import { encode, encodeBody } from "./encode-body.ts";
import * as hostile from "./hostile.ts";
import { accountOf, knownValues, pathParameter, type Topic } from "./known-values.ts";
import { fromSchema, hostileText, type ValueOptions } from "./schema-arbitrary.ts";
import type { Caller, Tenant, World } from "./world.ts";

/** A request without its Authorization header, who sends it and what it is about. */
export interface FuzzCase extends Required<HttpRequest>, Topic {}

type Part = "path" | "query" | "header" | "method" | "body" | "json" | "content";

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "LOCK"];
const hostileSegment = fc.oneof(fc.constantFrom(...hostile.segments), hostileText.map(encode));

/**
 * Returns an arbitrary of requests to one operation: 45 % fit the document, the others have one or two hostile
 * parts; 70 % come from a caller who may call the operation. `leaver` may delete themselves.
 */
export function fuzzCases(
  document: Schema,
  world: World,
  operation: Operation,
  leaver?: Caller,
): fc.Arbitrary<FuzzCase> {
  return fc.gen().map((next) => {
    const draw = <Value>(arbitrary: fc.Arbitrary<Value>) => next(() => arbitrary);
    const chance = (percent: number) => draw(fc.nat(99)) < percent;

    const tenant = draw(fc.constantFrom(...world.tenants));
    const caller = draw(callerOf(operation, tenant, world, leaver));
    const topic = { operation, tenant, caller, account: draw(accountOf(operation, tenant, world.tenants)) };
    const options = { document, ...knownValues(topic) };
    const parts = chance(45) ? [] : draw(hostileParts(operation));
    const parameters = (where: string) => operation.parameters.filter((parameter) => parameter.in === where);

    const path = parameters("path").map(({ name }) => encode(draw(pathParameter(name, topic))));
    if (parts.includes("path")) path[draw(fc.nat(path.length - 1))] = draw(hostileSegment);
    const values = path.values();
    const filled = operation.path.replaceAll(/\{\w+\}/g, () => values.next().value ?? "");

    const query = parameters("query")
      .filter(({ name, required }) => required || chance(name === "organization" ? 90 : 30))
      .map(({ name, schema }) => [name, encode(draw(fromSchema(schema, name, options)))]);
    if (parts.includes("query")) {
      const names = parameters("query").flatMap(({ name }) => [name, name, name]);
      const pair = fc.tuple(fc.constantFrom(...names, ...hostile.names), hostileSegment);
      query.push(...draw(fc.array(pair, { minLength: 1, maxLength: 2 })));
    }

    const headers = parameters("header")
      .filter(() => chance(30))
      .map(({ name, schema }) => [name, String(draw(fromSchema(schema, name, options)))] as const);
    if (parts.includes("header")) headers.push(draw(fc.constantFrom(...hostile.headers)));

    const documented = operation.method.toUpperCase();
    const method = parts.includes("method") ? draw(fc.constantFrom(...methods)) : documented;
    // A body is valid for another operation by accident only, so another method is sent without one.
    const body = method === documented ? draw(bodyOf(operation, parts, options)) : undefined;
    return {
      ...topic,
      method,
      body: body?.content,
      target: query.length === 0 ? filled : `${filled}?${query.map((pair) => pair.join("=")).join("&")}`,
      headers: body === undefined ? headers : [["Content-Type", body.type], ...headers],
    };
  });
}

function callerOf(
  { id, path }: Operation,
  tenant: Tenant,
  world: World,
  leaver: Caller | undefined,
): fc.Arbitrary<Caller> {
  const { nobody, badToken, operator, ownerToken } = world;
  let allowed = tenant === ownerToken.tenant ? [tenant.owner, ownerToken] : [tenant.owner];
  if (path.startsWith("/api/manage/")) allowed = [operator];
  if (id === "acceptInvite" || id === "acceptReceivedInvitation") allowed = [tenant.guest];
  let others = [...world.callers, nobody, badToken];
  if (id === "deleteAuthenticatedUser") {
    // The others are needed until the end; the owner of an account cannot be deleted.
    allowed = leaver === undefined ? [tenant.owner] : [leaver];
    others = [nobody, badToken, tenant.owner];
  }
  const [one, other] = [fc.constantFrom(...allowed), fc.constantFrom(...others)];
  return fc.oneof({ weight: 7, arbitrary: one }, { weight: 3, arbitrary: other });
}

function hostileParts({ parameters, bodies }: Operation): fc.Arbitrary<Part[]> {
  const has = (where: string) => parameters.some((parameter) => parameter.in === where);
  const parts: Part[] = ["query", "header", "header", "method", "content"];
  if (Object.keys(bodies).length > 0) parts.push("body", "body", "body", "body", "json");
  if (has("path")) parts.push("path", "path");
  if (has("query")) parts.push("query", "query");
  return fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...parts).map((part) => [part]) },
    fc.shuffledSubarray(parts, { minLength: 2, maxLength: 2 }),
  );
}

/** Returns bodies that fit the schema in one of the documented encodings, or hostile ones. */
function bodyOf(
  { bodies }: Operation,
  parts: readonly Part[],
  options: ValueOptions,
): fc.Arbitrary<{ type: string; content: Uint8Array } | undefined> {
  if (parts.includes("content")) {
    const whole = fc.constantFrom(...hostile.bodies);
    return whole.map(([type, body]) => ({ type, content: Buffer.from(body, "latin1") }));
  }
  // The first type is JSON wherever it is accepted.
  const [first] = Object.keys(bodies);
  if (first === undefined) return fc.constant(undefined);
  const types = fc.oneof(
    { weight: 2, arbitrary: fc.constant(first) },
    fc.constantFrom(...Object.keys(bodies)),
  );
  return types.chain((type) =>
    fromSchema(bodies[type]?.schema ?? {}, "body", { ...options, hostile: parts.includes("body") }).chain(
      (value) => {
        const body = encodeBody(type, value);
        if (!parts.includes("json")) return fc.constant(body);
        return brokenJson(body.content.toString()).map((text) => ({ ...body, content: Buffer.from(text) }));
      },
    ),
  );
}

/** Returns edits of a JSON text: a token replaced, the end cut off, a key repeated, and the like. */
function brokenJson(text: string): fc.Arbitrary<string> {
  const tokens = [...text.matchAll(/(?<=[:,[])("(?:[^"\\]|\\.)*"|[\w.+-]+)/g)];
  const replaced = fc
    .tuple(fc.nat(tokens.length), fc.constantFrom(...hostile.tokens))
    .map(([place, token]) => {
      const { index = 0, 0: old = text } = tokens[place] ?? {};
      return text.slice(0, index) + token + text.slice(index + old.length);
    });
  return fc.oneof(
    replaced,
    fc.nat(text.length).map((length) => text.slice(0, length)),
    fc.constantFrom(`${text} ${text}`, `[${text}]`, `\u00a0${text}`, `{"__proto__":${text},${text.slice(1)}`),
    fc.constant(text.replace(/^\{("[^"]*":)/, "{$1null,$1")),
  );
}
