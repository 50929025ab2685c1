/** The operator blocks accounts. */
import { describe, expect, it } from "vitest";

import {
  auditChangesOf,
  getBody,
  newAccountBody,
  notThisVersion,
  setUp,
  userRefOf,
} from "../../support/operator.ts";
import { effort } from "../../support/effort.ts";
import {
  invalidBody,
  type InvalidValue,
  invalidValues,
  notList,
  notOneOf,
  tooManyItems,
} from "../../support/pydantic-errors.ts";
import { statusAndBody } from "../../support/fixtures.ts";

const settable = [
  "unblocked",
  "manager",
  "trial_expired",
  "budget",
  "subscription_canceled",
  "subscription_unpaid",
];
const features = (
  "upload processing search generative training " +
  "public_upload public_processing public_search public_generative"
).split(" ");

const values: readonly InvalidValue[] = [
  ...invalidValues("blocking_state", notOneOf(...settable), "quota", "blocked", "", null, 5, []),
  ...invalidValues("blocked_features", notList, null, "search", {}, 5),
  ...invalidValues(
    "blocked_features",
    tooManyItems(9, 10),
    Array.from({ length: 10 }, () => "search"),
  ),
];

describe("blocking an account", () => {
  it("a block is one change by the operator, and setting it again is none", async () => {
    const { root, account, path, block } = await setUp();
    const given = { blocking_state: "manager", blocked_features: ["upload", "search"] };
    const answer = await root.patch(block, given);
    expect(statusAndBody(answer)).toEqual({ status: 200, body: { ...newAccountBody(account), ...given } });
    const now = await root.get(path);
    expect([now.body, now.headers.get("ETag")]).toEqual([answer.body, answer.headers.get("ETag")]);
    for (const body of [
      {},
      given,
      { blocking_state: "manager" },
      { blocked_features: given.blocked_features },
    ])
      expect(statusAndBody(await root.patch(block, body))).toEqual(statusAndBody(answer));
    expect((await auditChangesOf(`account:${account.id}`)).slice(1)).toEqual([
      {
        actor: (await userRefOf(root)).id,
        action: "account.updated",
        changes: { blocking_state: ["unblocked", "manager"], blocked_features: [[], ["upload", "search"]] },
      },
    ]);
  });

  it("blocked features are listed once each and block nothing by themselves", async () => {
    const { owner, root, path, block, own } = await setUp();
    const set = async (blocked_features: string[]) => (await root.patch(block, { blocked_features })).body;
    expect((await set(features)).blocked_features).toEqual(features);
    expect((await set(["search", "upload", "search"])).blocked_features).toEqual(["search", "upload"]);
    expect(await getBody(owner, own)).toMatchObject({ blocked_features: ["search", "upload"] });
    expect(await getBody(root, path)).toMatchObject({ blocking_state: "unblocked" });
    expect((await owner.patch(own, { title: "Yes" })).status).toBe(200);
    expect((await set([])).blocked_features).toEqual([]);
  });

  it.each(values)("an invalid $field is rejected: $input", async ({ field, input, fault }) => {
    const { root, account, path, block } = await setUp();
    const answer = await root.patch(block, { blocked_features: ["upload"], [field]: input });
    expect(statusAndBody(answer)).toEqual(invalidBody({ ...fault, loc: [field], input }));
    expect(await getBody(root, path)).toEqual(newAccountBody(account));
  });

  it("all errors in a body are reported together", async () => {
    const { root, block } = await setUp();
    const body = { blocked_features: ["search", "sleep", "upload", 5, null], blocking_state: "quota" };
    const unknown = notOneOf(...features);
    expect(statusAndBody(await root.patch(block, body))).toEqual(
      invalidBody(
        { ...notOneOf(...settable), loc: ["blocking_state"], input: "quota" },
        { ...unknown, loc: ["blocked_features", 1], input: "sleep" },
        { ...unknown, loc: ["blocked_features", 3], input: 5 },
        { ...unknown, loc: ["blocked_features", 4], input: null },
      ),
    );
  });

  it("a block with If-Match applies only to that version", async () => {
    const { root, path, block } = await setUp();
    const match = { headers: { "If-Match": String((await root.get(path)).headers.get("ETag")) } };
    expect((await root.patch(block, { blocking_state: "budget" }, match)).status).toBe(200);
    expect(statusAndBody(await root.patch(block, { blocking_state: "manager" }, match))).toEqual({
      status: 412,
      body: notThisVersion,
    });
    expect(await getBody(root, path)).toMatchObject({ blocking_state: "budget" });
  });

  it("a block during a write by the owner either comes after it or makes it fail", async () => {
    const { owner, root, block, own } = await setUp();
    for (let round = 0; round < effort(3, 10); round += 1) {
      await root.patch(block, { blocking_state: "unblocked" });
      const title = `Round ${round}`;
      const [blocked, write] = await Promise.all([
        root.patch(block, { blocking_state: "manager" }),
        owner.patch(own, { title }),
      ]);
      expect([blocked.status, [200, 403].includes(write.status)]).toEqual([200, true]);
      expect((await getBody(owner, own)).title === title).toBe(write.status === 200);
    }
  });
});
