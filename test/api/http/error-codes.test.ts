/** The header X-Error-Code of errors that do not depend on the caller's permissions. */
import { describe, expect, it } from "vitest";

import { domainErrors } from "../../../src/domain/errors.ts";
import { requestErrors } from "../../../src/http/errors.ts";
import {
  anonymous,
  type ApiResponse,
  createAccount,
  createOperator,
  createUser,
} from "../../support/fixtures.ts";
import { failingDatabase, workerWith } from "../../support/worker.ts";

const json = { "Content-Type": "application/json" };

function codeOf({ status, headers }: ApiResponse) {
  return { status, code: headers.get("X-Error-Code") };
}

it("a code of requests is never a code of the domain", () => {
  expect(Object.keys(requestErrors).filter((code) => code in domainErrors)).toEqual([]);
});

describe.each([
  { api: "organizations", prefix: "/accounts", path: "/accounts/organizations/", invalid: 400 },
  { api: "accounts", prefix: "/api/v1", path: "/api/v1/accounts", invalid: 422 },
  { api: "operator", prefix: "/api/manage", path: "/api/manage/@zones", invalid: 422 },
])("the $api API", ({ prefix, path, invalid }) => {
  it("an unknown path has the code route_not_found", async () => {
    const response = await anonymous.get(`${prefix}/nothing/here/at/all`);
    expect(codeOf(response)).toEqual({ status: 404, code: "route_not_found" });
  });

  it("an unsupported method has the code method_not_allowed", async () => {
    const response = await (await createUser()).patch(path, {});
    expect(codeOf(response)).toEqual({ status: 405, code: "method_not_allowed" });
  });

  it("a body above the limit has the code payload_too_large", async () => {
    const response = await (await createUser()).post(path, { slug: "a".repeat(1024 * 1024) });
    expect(codeOf(response)).toEqual({ status: 413, code: "payload_too_large" });
  });

  it("a request without valid credentials has the code credentials_missing or token_invalid", async () => {
    expect(codeOf(await anonymous.get(path))).toEqual({ status: 401, code: "credentials_missing" });
    const headers = { Authorization: "Bearer nonsense" };
    expect(codeOf(await anonymous.get(path, { headers }))).toEqual({ status: 401, code: "token_invalid" });
  });

  it("invalid values have the code validation_failed, and broken JSON has malformed_body", async () => {
    const operator = await createOperator();
    const response = await operator.post(path, { slug: "" });
    expect(codeOf(response)).toEqual({ status: invalid, code: "validation_failed" });
    const broken = await operator.post(path, undefined, { raw: '{"slug": ', headers: json });
    expect(codeOf(broken)).toEqual({ status: invalid, code: "malformed_body" });
  });

  it("a request has the code not_configured while a variable is missing", async () => {
    const response = await (await createUser()).via(workerWith({ PUBLIC_URL: "" })).get(path);
    expect(codeOf(response)).toEqual({ status: 503, code: "not_configured" });
  });

  it("an unexpected error has the code internal_error", async () => {
    const failing = failingDatabase(() => true, new TypeError("unexpected"));
    const response = await (await createUser()).via(workerWith({ DB: failing })).get(path);
    expect(codeOf(response)).toEqual({ status: 500, code: "internal_error" });
  });
});

it("the organizations API sends not_acceptable and unsupported_media_type", async () => {
  const user = await createUser();
  const path = "/accounts/organizations/";
  const html = await user.get(path, { headers: { Accept: "text/html" } });
  expect(codeOf(html)).toEqual({ status: 406, code: "not_acceptable" });
  const xml = await user.post(path, undefined, { raw: "<a/>", headers: { "Content-Type": "text/xml" } });
  expect(codeOf(xml)).toEqual({ status: 415, code: "unsupported_media_type" });
});

it("an error that is reported as a validation error keeps its own code", async () => {
  const [owner, operator] = [await createUser(), await createOperator()];
  const { slug } = await createAccount(owner);
  const { id } = (await owner.get("/api/v1/user")).body;
  const unknownZone = await owner.post("/api/v1/accounts", { slug: `${slug}-2`, zone: "nowhere" });
  expect(codeOf(unknownZone)).toEqual({ status: 422, code: "zone_not_available" });
  const add = [{ id: crypto.randomUUID(), role: "AMEMBER" }];
  const unknownUser = await owner.patch(`/api/v1/account/${slug}/users`, { add });
  expect(codeOf(unknownUser)).toEqual({ status: 422, code: "user_not_found" });
  const unknownGroup = await operator.patch(`/api/manage/@user/${id}`, { groups: [999_999] });
  expect(codeOf(unknownGroup)).toEqual({ status: 422, code: "group_unknown" });
});

it("the service itself sends codes, and a redirect has none", async () => {
  expect(codeOf(await anonymous.get("/nothing"))).toEqual({ status: 404, code: "route_not_found" });
  expect(codeOf(await anonymous.get("/docs/nothing.js"))).toEqual({ status: 404, code: "route_not_found" });
  expect(codeOf(await anonymous.post("/healthz", {}))).toEqual({ status: 405, code: "method_not_allowed" });
  expect(codeOf(await anonymous.get("/accounts/organizations"))).toEqual({ status: 301, code: null });
  expect(codeOf(await anonymous.get("/api/v1/accounts/"))).toEqual({ status: 307, code: null });
});

it("pages of an allowed origin may read the code", async () => {
  const origin = "https://app.example.com";
  const worker = workerWith({ CORS_ORIGINS: origin });
  const response = await anonymous.via(worker).get("/api/v1/accounts", { headers: { Origin: origin } });
  expect(response.headers.get("Access-Control-Expose-Headers")).toContain("X-Error-Code");
});
