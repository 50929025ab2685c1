import { Ajv2020 } from "ajv/dist/2020.js";

import type { Operation, Schema } from "../../../test/support/openapi-schema.ts";
import type { HttpRequest, HttpResponse } from "../http-client.ts";
import type { FuzzCase } from "./fuzz-case.ts";
import { resolveReference } from "./schema-arbitrary.ts";
import type { World } from "./world.ts";

/** Statuses for a path or a method that is not in the document. */
const routingStatuses: ReadonlySet<number> = new Set([301, 307, 308, 400, 401, 404, 405, 406, 413, 429]);

/** Words of SQL, libraries and stack traces; not sqlite_sequence, a table that an export names. */
const internals =
  /SQLITE_(?!SEQUENCE)|D1_ERROR|drizzle|ZodError|(?:Type|Range|Reference)Error|node_modules|workerd|miniflare|\/src\/|\.[jt]s:\d|\bSELECT .+ FROM\b|\binsert into\b|(?:^|\\n)\s+at \S/im;

const requiredHeaders: Readonly<Record<number, readonly [name: string, pattern: RegExp]>> = {
  401: ["www-authenticate", /^Bearer/],
  405: ["allow", /./],
  429: ["retry-after", /^[1-9]\d*$/],
  503: ["retry-after", /^[1-9]\d*$/],
};

const formats: Readonly<Record<string, RegExp | true>> = {
  uuid: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  "date-time": /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/,
  // Addresses from identity providers may be unusual.
  email: /^[^@].*@[^@]+$/s,
  uri: /^[a-z][a-z\d+.-]*:\S+$/i,
  binary: true,
};

/** Checks responses against the OpenAPI document and against what their callers may see. */
export class ResponseChecker {
  readonly #operations: readonly Operation[];
  readonly #world: World;
  readonly #ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true, strictTypes: false, formats });

  constructor(document: Schema, operations: readonly Operation[], world: World) {
    this.#operations = operations;
    this.#world = world;
    this.#ajv.addVocabulary(["example", ...Object.keys(document)]);
    this.#ajv.addSchema(closeObjects(document, document) as object, "openapi");
  }

  /** Returns a sentence for each rule that the response breaks. */
  check(fuzzCase: FuzzCase, response: HttpResponse): string[] {
    const { status, headers } = response;
    const failures = [...this.#checkContract(fuzzCase, response), ...this.#checkLeaks(fuzzCase, response)];
    if (status >= 500) failures.push(`status is ${status}`);
    if (!/^[\w\-=]{1,255}$/.test(String(headers["x-request-id"] ?? "")))
      failures.push("X-Request-Id is missing");
    const [name, pattern] = requiredHeaders[status] ?? ["", /^/];
    if (!pattern.test(String(headers[name] ?? ""))) failures.push(`${name} is missing`);
    return failures;
  }

  /** Returns the operation that a request reaches once the dots in its path are resolved. */
  findOperation({ method, target }: HttpRequest): Operation | undefined {
    const path = pathOf(target);
    const verb = method === "HEAD" ? "get" : method.toLowerCase();
    const matching = this.#operations
      .filter((operation) => patternOf(operation).test(path))
      .toSorted((one, other) => one.path.split("{").length - other.path.split("{").length);
    return matching.find((operation) => operation.path === matching[0]?.path && operation.method === verb);
  }

  /** Status, content type and body must be documented for the operation that the target reaches. */
  #checkContract({ method, target }: HttpRequest, { status, headers, text }: HttpResponse): string[] {
    const [type = ""] = String(headers["content-type"]).split(";");
    const operation = this.findOperation({ method, target });
    if (operation === undefined) {
      if (method === "OPTIONS" && (status === 200 || status === 204)) return [];
      if (pathOf(target).startsWith("/docs/") && status < 300) return [];
      if (!routingStatuses.has(status)) return [`${status} for a path or method that is not documented`];
      return text === "" || type === "application/json" ? [] : [`${status} has content type ${type}`];
    }
    const what = `${operation.id} ${status}`;
    const documented = operation.answers[status];
    if (documented === undefined) return [`${what} is not documented`];
    if (documented.content === undefined || method === "HEAD")
      return text === "" ? [] : [`${what} has a body`];
    if (documented.content[type] === undefined) return [`${what} has content type ${type}`];
    if (type !== "application/json") return [];
    try {
      const keys = [operation.path, operation.method, "responses", String(status), "content", type, "schema"];
      const pointer = keys.map((key) => encodeURIComponent(key.replaceAll("/", "~1"))).join("/");
      const validate = this.#ajv.getSchema(`openapi#/paths/${pointer}`);
      return validate?.(JSON.parse(text)) ? [] : [`${what}: ${this.#ajv.errorsText(validate?.errors)}`];
    } catch (error) {
      return [`${what}: ${String(error)}`];
    }
  }

  /** The response may contain no internals, secrets or data of other tenants, unless the request contains them. */
  #checkLeaks(fuzzCase: FuzzCase, response: HttpResponse): string[] {
    const { caller, target, headers, body } = fuzzCase;
    const received = `${response.text}\n${JSON.stringify(response.headers)}`;
    const sent = `${target}\n${JSON.stringify(headers)}\n${Buffer.from(body ?? "").toString()}`.toLowerCase();
    const isLeaked = (text: string) =>
      received.toLowerCase().includes(text.toLowerCase()) && !sent.includes(text.toLowerCase());
    const failures: string[] = [];
    const word = internals.exec(received)?.[0];
    if (word !== undefined && isLeaked(word)) failures.push(`contains internals: ${word.trim()}`);
    if (this.#world.secrets.some(isLeaked)) failures.push("contains a secret");
    for (const tenant of this.#world.tenants) {
      // Anyone who knows the secret of an invitation may see its account.
      if (caller.sees.includes(tenant) || sent.includes(tenant.pending.secret.toLowerCase())) continue;
      const ids = ["account", "user", "invite", "pa_token"].flatMap((kind) => tenant.ids.all(kind));
      const leaked = [tenant.marker, tenant.home, ...ids].find(isLeaked);
      if (leaked !== undefined) failures.push(`${caller.name} sees ${leaked} of tenant ${tenant.name}`);
    }
    return failures;
  }
}

function pathOf(target: string): string {
  const { pathname } = new URL(`http://localhost${target}`);
  try {
    return decodeURI(pathname);
  } catch {
    return pathname;
  }
}

function patternOf({ path }: Operation): RegExp {
  const literals = path.split(/\{\w+\}/).map((literal) => RegExp.escape(literal));
  return new RegExp(`^${literals.join("[^/]+")}$`, "su");
}

/** Returns a schema or a whole document with all objects closed: a field that is not documented makes them invalid. */
function closeObjects(node: unknown, document: Schema): unknown {
  if (Array.isArray(node)) return node.map((item) => closeObjects(item, document));
  if (typeof node !== "object" || node === null) return node;
  const entries = Object.entries(node).map(([key, value]) => {
    // The parts of an intersection stay open; the intersection itself is closed.
    if (key === "allOf") return [key, (value as Schema[]).map((part) => resolveReference(document, part))];
    return [key, closeObjects(value, document)];
  });
  const isOpen = "allOf" in node || ("properties" in node && !("additionalProperties" in node));
  return Object.fromEntries(isOpen ? [...entries, ["unevaluatedProperties", false]] : entries);
}
