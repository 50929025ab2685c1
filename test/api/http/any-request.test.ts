/** Random requests: every response is one that the service wrote, and none is an unexpected error. */
import * as fc from "fast-check";
import { expect, it } from "vitest";

import { anonymous, Caller, createAccount, createOperator, createUser } from "../../support/fixtures.ts";
import { effort } from "../../support/effort.ts";
import { operationsOf } from "../../support/openapi-schema.ts";

const owner = await createUser();
const account = await createAccount(owner);
const callers = {
  anonymous,
  user: await createUser(),
  owner,
  operator: await createOperator(),
  bad: new Caller("a.b.c"),
};

const hostile = [
  "",
  "0",
  "-1",
  "1e309",
  "9007199254740993",
  "NaN",
  "null",
  "true",
  "\0",
  "a\0b",
  "\ud800",
  "\uffff",
  "😀".repeat(60),
  "é\u0301\u202e",
  "' OR 1=1 --",
  '"; DROP TABLE accounts; --',
  "%",
  "%zz",
  "_*?",
  "..",
  "../../etc/passwd",
  "<script>alert(1)</script>",
  "${7*7}{{7*7}}",
  "__proto__",
  "constructor",
  "x".repeat(5_000),
  "NEAR(a b)",
  '"unfinished',
  "AND OR NOT *",
  "WzFd",
  "WyJhZnRlciIsIlx1ZDgwMCIsMV0",
];
const known = [
  account.slug,
  account.id,
  account.slug.toUpperCase(),
  crypto.randomUUID(),
  "acme",
  "last",
  "100",
];
const word = fc.oneof(
  fc.constantFrom(...hostile),
  fc.constantFrom(...known),
  fc.string({ unit: "binary", maxLength: 40 }),
);

const paths = operationsOf((await anonymous.get("/openapi.json")).body).map(({ path }) => path);
const fields = (
  "slug title name description email zone saml domain sso_url entity_id x509_cert id uuid search page page_size " +
  "cursor organization role add delete usage file account_id token __proto__"
).split(" ");

const path = fc
  .tuple(
    fc.constantFrom(
      ...paths,
      "/docs/{file}",
      "/invite/{file}",
      "/api/v1/{any}",
      "/accounts/{any}/",
      "/{any}",
    ),
    word,
    fc.boolean(),
  )
  .map(([pattern, value, raw]) => {
    const filled = raw ? value.replaceAll(/[\ud800-\udfff]/g, "") : encode(value);
    return pattern.replaceAll(/\{\w+\}/g, () => filled);
  });
const query = fc
  .array(fc.tuple(fc.constantFrom(...fields), word), { maxLength: 4 })
  .map((pairs) => pairs.map(([name, value]) => `${name}=${encode(value)}`).join("&"));

const value = fc.oneof({ maxDepth: 3 }, word, fc.jsonValue(), fc.integer(), fc.double());
const object = fc.dictionary(fc.constantFrom(...fields), value, { maxKeys: 6, noNullPrototype: true });
const bytes = fc.uint8Array({ maxLength: 200 });
const body = fc.oneof(
  fc.constant({}),
  object.map((fieldsOf) => ({ raw: JSON.stringify(fieldsOf), type: "application/json" })),
  value.map((any) => ({ raw: JSON.stringify(any) ?? "", type: "application/json" })),
  fc
    .tuple(object, fc.nat(200))
    .map(([fieldsOf, cut]) => ({ raw: JSON.stringify(fieldsOf).slice(0, cut), type: "application/json" })),
  bytes.map((raw) => ({ raw, type: "application/json" })),
  fc
    .tuple(bytes, fc.constantFrom("text/plain", "multipart/form-data", "application/octet-stream", ";;="))
    .map(([raw, type]) => ({ raw, type })),
  query.map((raw) => ({ raw, type: "application/x-www-form-urlencoded" })),
  object.map((fieldsOf) => ({
    raw: Object.entries(fieldsOf)
      .map(
        ([name, part]) =>
          `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${typeof part === "string" ? part : JSON.stringify(part)}\r\n`,
      )
      .join("")
      .concat("--b--\r\n"),
    type: "multipart/form-data; boundary=b",
  })),
);
const headerValue = fc.oneof(
  fc.constantFrom(
    "",
    "*",
    "*/*",
    "text/html",
    "application/json",
    account.slug,
    account.id,
    '"x"',
    "W/",
    ",;=",
  ),
  fc.string({ maxLength: 30 }).map((text) => text.replaceAll(/[^\x21-\x7e]/g, "")),
);
const headers = fc.dictionary(
  fc.constantFrom(
    "Accept",
    "Origin",
    "Access-Control-Request-Method",
    "If-None-Match",
    "If-Match",
    "Idempotency-Key",
    "X-Organization",
    "X-Request-Id",
    "X-Forwarded-Host",
    "Range",
    "Cookie",
  ),
  headerValue,
  { maxKeys: 3, noNullPrototype: true },
);
const method = fc.constantFrom(
  "GET",
  "GET",
  "HEAD",
  "POST",
  "POST",
  "PUT",
  "PATCH",
  "PATCH",
  "DELETE",
  "OPTIONS",
);

it("random requests by any caller never cause an unexpected error or a response that the service did not write [R8]", async () => {
  const seen = new Set<number>();
  const property = fc.asyncProperty(
    fc.constantFrom(...(Object.keys(callers) as (keyof typeof callers)[])),
    method,
    path,
    query,
    headers,
    body,
    async (who, verb, at, asked, sent, content) => {
      // The account must not be deleted, or every later request would be an outsider's.
      const address = `${verb === "DELETE" ? at.replaceAll(new RegExp(account.slug, "gi"), "gone").replaceAll(account.id, "gone") : at}?${asked}`;
      const bodiless = verb === "GET" || verb === "HEAD" || !("raw" in content);
      const answer = await callers[who].send(verb, address, undefined, {
        headers: { ...sent, ...(bodiless ? {} : { "Content-Type": content.type }) },
        ...(bodiless ? {} : { raw: content.raw as BodyInit }),
      });
      seen.add(answer.status);
      expect({ verb, address, fault: answer.status >= 500 }).toEqual({ verb, address, fault: false });
      expect(answer.headers.get("X-Request-Id")).toMatch(/^[\w\-=]{1,255}$/);
      for (const foreign of ["SQLITE", "D1_ERROR", "drizzle", "ZodError", "TypeError"]) {
        expect(answer.text.includes(foreign) && !address.includes(foreign)).toBe(false);
      }
      expect(answer.text).not.toMatch(/^\s+at \S/m);
      if (answer.text !== "") {
        const type = answer.headers.get("Content-Type") ?? "";
        if (/^\/(?:docs|invite)(?:[/?]|$)/.test(address))
          expect(type).toMatch(/^(?:text|application|image)\//);
        else expect(type).toMatch(/^application\/json/);
      }
    },
  );
  await fc.assert(property, { numRuns: effort(300, 600), seed: 20_261_121, endOnFailure: true });
  expect([...seen]).toEqual(expect.arrayContaining([200, 400, 401, 403, 404, 405, 422]));
  expect((await owner.get(`/api/v1/account/${account.id}`)).status).toBe(200);
});

/** Percent-encodes text as UTF-8. A lone surrogate becomes bytes that are not UTF-8. */
function encode(text: string): string {
  return [...text]
    .map((character) => (character.isWellFormed() ? encodeURIComponent(character) : "%ED%A0%80"))
    .join("");
}
