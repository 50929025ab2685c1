import { misfits, type Operation, type Schema } from "../../test/http/schemas.ts";
import type { Shot } from "./generate.ts";
import { pathOf, routeOf } from "./routes.ts";
import type { Tenant } from "./seen.ts";
import type { Answer } from "./send.ts";

/** What an answer that no operation gave may be: no such path, no such method, another path, not signed in. */
const routing: ReadonlySet<number> = new Set([301, 307, 308, 400, 401, 404, 405, 406, 413, 429]);

/** Words of the machinery, but the name of a table that an export tells. What was sent may come back, so they count only where it did not hold them. */
const machinery =
  /SQLITE_(?!SEQUENCE)|D1_ERROR|drizzle|ZodError|(?:Type|Range|Reference)Error|node_modules|workerd|miniflare|\/src\/|\.[jt]s:\d|\bSELECT .+ FROM\b|\binsert into\b|(?:^|\\n)\s+at \S/im;

/** Holds answers against the document and against what their readers may be told. */
export class Judge {
  readonly #document: Schema;
  readonly #operations: readonly Operation[];
  readonly #tenants: readonly Tenant[];
  /** Told once, when they were made. */
  readonly #secrets: readonly string[];

  constructor(
    document: Schema,
    operations: readonly Operation[],
    tenants: readonly Tenant[],
    secrets: readonly string[],
  ) {
    this.#document = document;
    this.#operations = operations;
    this.#tenants = tenants;
    this.#secrets = secrets;
  }

  /** Returns what is wrong with an answer, in words; nothing when nothing is. */
  faults(shot: Shot, answer: Answer): string[] {
    const { status, headers } = answer;
    const found = [...this.#misplaced(shot, answer), ...this.#leaks(shot, answer)];
    if (status >= 500) found.push(`status ${status}`);
    if (!/^[\w\-=]{1,255}$/.test(String(headers["x-request-id"] ?? ""))) found.push("no X-Request-Id");
    return found;
  }

  /** The status, the type and the shape: as the document has them for the operation that was reached. */
  #misplaced({ sent: { method, target } }: Shot, answer: Answer): string[] {
    const { status, headers, text } = answer;
    const path = pathOf(target);
    const type = headers["content-type"]?.toString().split(";")[0]?.trim();
    const route = routeOf(this.#operations, method, target);
    if (route.kind === "operation") {
      const declared = route.operation.answers[String(status)];
      const { id } = route.operation;
      return declared === undefined
        ? [`${id} does not declare ${status}`]
        : this.#misshapen(`${id} ${status}`, declared.content, method, type, text);
    }
    if (method === "OPTIONS" && [200, 204].includes(status)) return [];
    if (path.startsWith("/docs/") && status < 300) return [];
    if (!routing.has(status)) return [`no operation has ${path}, and it was answered ${status}`];
    if (route.kind === "method" && status === 405 && headers["allow"] === undefined)
      return ["405 without Allow"];
    if (text !== "" && type !== "application/json") return [`${status} of type ${String(type)}`];
    return [];
  }

  #misshapen(
    what: string,
    content: Readonly<Record<string, { schema: Schema }>> | undefined,
    method: string,
    type: string | undefined,
    text: string,
  ): string[] {
    if (content === undefined) return text === "" ? [] : [`${what} has a body`];
    const declared = content[type ?? ""];
    if (declared === undefined) return [`${what} is of type ${String(type)}`];
    if (method === "HEAD") return text === "" ? [] : [`${what} has a body`];
    if (type !== "application/json") return [];
    try {
      return misfits(this.#document, declared.schema, JSON.parse(text)).map((misfit) => `${what}: ${misfit}`);
    } catch (error) {
      return [`${what} is no JSON: ${String(error)}`];
    }
  }

  #leaks({ caller, tenant, sent }: Shot, { text, headers }: Answer): string[] {
    const told = `${text}\n${JSON.stringify(headers)}`;
    const asked = `${sent.target}\n${JSON.stringify(sent.headers)}\n${sent.body ? Buffer.from(sent.body).toString() : ""}`;
    const word = machinery.exec(told)?.[0];
    const found =
      word !== undefined && !asked.includes(word) ? [`tells of the machinery: ${word.trim()}`] : [];
    const shown = tenant.all("secret").some((secret) => asked.includes(secret));
    for (const { name, marker } of this.#tenants.filter((one) => !caller.sees.includes(one) && !shown)) {
      if (told.toLowerCase().includes(marker.toLowerCase()) && !asked.includes(marker)) {
        found.push(`${caller.name} is told of tenant ${name}`);
      }
    }
    const secret = this.#secrets.find((one) => told.includes(one) && !asked.includes(`"${one}"`));
    return secret === undefined ? found : [...found, "a secret is told again"];
  }
}
