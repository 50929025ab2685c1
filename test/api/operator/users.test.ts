/** The operator changes users. */
import { describe, expect, it } from "vitest";

import { createOperator, createUser, statusAndBody } from "../../support/fixtures.ts";
import {
  auditChangesOf,
  countAuditRows,
  getBody,
  sortedStatuses,
  userPath,
  userRefOf,
} from "../../support/operator.ts";
import {
  atLeast,
  badValue,
  fractionalNumber,
  invalidBody,
  type InvalidValue,
  invalidValues,
  missingField,
  notBoolean,
  notBooleanText,
  notInteger,
  notIntegerText,
  notList,
  notObject,
  notOneOf,
  tooManyItems,
} from "../../support/pydantic-errors.ts";

const types = ["DEALER", "USER", "READONLY", "MANAGER", "SALES"];
const noUser = { status: 404, body: { detail: "User not found" } };

interface Settings {
  readonly type?: string;
  readonly groups?: readonly number[];
  readonly is_active?: boolean;
}

const settings: readonly { readonly body: Settings; readonly changes: object }[] = [
  ...types
    .filter((type) => type !== "USER")
    .map((type) => ({ body: { type }, changes: { type: ["USER", type] } })),
  { body: { groups: [2] }, changes: { groups: [[], [2]] } },
  { body: { groups: [3, 1, 2] }, changes: { groups: [[], [1, 2, 3]] } },
  { body: { is_active: false }, changes: { is_active: [true, false] } },
  {
    body: { type: "SALES", groups: [3, 1], is_active: false },
    changes: { type: ["USER", "SALES"], groups: [[], [1, 3]], is_active: [true, false] },
  },
];

const values: readonly InvalidValue[] = [
  ...invalidValues("type", notOneOf(...types), "ROOT", "user", "", null, 5),
  ...invalidValues("groups", notList, null, "3", {}, 3),
  ...invalidValues(
    "groups",
    tooManyItems(100, 101),
    Array.from({ length: 101 }, () => 1),
  ),
  ...invalidValues("is_active", notBooleanText, "perhaps", "", 2),
  ...invalidValues("is_active", notBoolean, null, {}, ["false"], [0]),
];

async function startUser() {
  const root = await createOperator();
  const user = await createUser();
  const { id } = await userRefOf(user);
  return { root, user, id, path: userPath({ id }) };
}

describe("a setting of a user", () => {
  it.each(settings)("a setting is one change by the operator: $body", async ({ body, changes }) => {
    const { root, id, path } = await startUser();
    const before = await getBody(root, path);
    const groups =
      body.groups === undefined ? {} : { groups: [...body.groups].sort((left, right) => left - right) };
    const after = { ...before, ...body, ...groups };
    expect(statusAndBody(await root.patch(path, body))).toEqual({ status: 200, body: after });
    expect(await getBody(root, path)).toEqual(after);
    const { id: actor } = await userRefOf(root);
    expect((await auditChangesOf(`user:${id}`)).at(-1)).toEqual({ actor, action: "user.updated", changes });
  });

  it("a setting with its current value is not a change, and unknown fields are ignored", async () => {
    const { root, path } = await startUser();
    const set = { type: "MANAGER", groups: [1, 3], is_active: true };
    const after = (await root.patch(path, set)).body;
    const before = await countAuditRows();
    const others = {
      id: "no",
      email: "no@example.com",
      name: "No",
      verified_email: "no@example.com",
      isActive: false,
    };
    for (const body of [{}, set, { groups: [3, 1, 3, 3] }, { type: "MANAGER" }, { is_active: "yes" }, others])
      expect(statusAndBody(await root.patch(path, body))).toEqual({ status: 200, body: after });
    expect(await countAuditRows()).toBe(before);
  });

  it("groups are stored once each, and an empty list removes all", async () => {
    const { root, id, path } = await startUser();
    expect((await root.patch(path, { groups: [3, 2, 3, "2", 2] })).body.groups).toEqual([2, 3]);
    expect((await root.patch(path, { groups: [1] })).body.groups).toEqual([1]);
    expect((await root.patch(path, { groups: [] })).body.groups).toEqual([]);
    expect((await auditChangesOf(`user:${id}`)).slice(-3).map(({ changes }) => changes)).toEqual([
      { groups: [[], [2, 3]] },
      { groups: [[2, 3], [1]] },
      { groups: [[1], []] },
    ]);
  });

  it.each(values)("an invalid $field is rejected: $input", async ({ field, input, fault }) => {
    const { root, path } = await startUser();
    const before = await getBody(root, path);
    const answer = await root.patch(path, { type: "SALES", is_active: false, [field]: input });
    expect(statusAndBody(answer)).toEqual(invalidBody({ ...fault, loc: [field], input }));
    expect(await getBody(root, path)).toEqual(before);
  });

  it("all errors in a body are reported together", async () => {
    const { root, path } = await startUser();
    const groups = [1, 0, "x", 1.5, null, [2]];
    expect(statusAndBody(await root.patch(path, { is_active: "perhaps", groups, type: "ROOT" }))).toEqual(
      invalidBody(
        { ...notOneOf(...types), loc: ["type"], input: "ROOT" },
        { ...atLeast(1), loc: ["groups", 1], input: 0 },
        { ...notIntegerText, loc: ["groups", 2], input: "x" },
        { ...fractionalNumber, loc: ["groups", 3], input: 1.5 },
        { ...notInteger, loc: ["groups", 4], input: null },
        { ...notInteger, loc: ["groups", 5], input: [2] },
        { ...notBooleanText, loc: ["is_active"], input: "perhaps" },
      ),
    );
    const missing = { ...missingField, loc: [], input: null };
    expect(statusAndBody(await root.patch(path))).toEqual(invalidBody(missing));
    expect(statusAndBody(await root.patch(path, []))).toEqual(
      invalidBody({ ...notObject, loc: [], input: [] }),
    );
  });

  it("an unknown group is rejected, and nothing is changed", async () => {
    const { root, path } = await startUser();
    const before = await getBody(root, path);
    const groups = [1, 99];
    const answer = await root.patch(path, { type: "SALES", groups });
    const fault = badValue("This group does not exist.");
    expect(statusAndBody(answer)).toEqual(invalidBody({ ...fault, loc: ["groups", 1], input: 99 }));
    const several = await root.patch(path, { type: "SALES", groups: ["99", 2, 98, 99.0] });
    expect(statusAndBody(several)).toEqual(
      invalidBody(
        { ...fault, loc: ["groups", 0], input: "99" },
        { ...fault, loc: ["groups", 2], input: 98 },
        { ...fault, loc: ["groups", 3], input: 99 },
      ),
    );
    expect(await getBody(root, path)).toEqual(before);
  });

  it("simultaneous changes of different settings are all stored", async () => {
    const { root, id, path } = await startUser();
    const bodies = [{ type: "SALES" }, { groups: [2, 3] }, { is_active: false }];
    const answers = await Promise.all(bodies.map((body) => root.patch(path, body)));
    expect(sortedStatuses(answers)).toEqual([200, 200, 200]);
    expect(await getBody(root, path)).toMatchObject({ type: "SALES", groups: [2, 3], is_active: false });
    expect(
      (await auditChangesOf(`user:${id}`)).filter(({ action }) => action === "user.updated"),
    ).toHaveLength(3);
  });
});

describe("a user", () => {
  it("a user is found by id in any spelling", async () => {
    const { root, id } = await startUser();
    for (const name of [id.toUpperCase(), id.replaceAll("-", ""), `{${id}}`])
      expect(await getBody(root, userPath({ id: encodeURIComponent(name) }))).toMatchObject({ id });
  });

  it("an unknown user is 404, and a malformed id 422", async () => {
    const { root, user, id, path } = await startUser();
    await user.delete("/api/v1/user");
    for (const gone of [path, userPath({ id: crypto.randomUUID() })]) {
      expect(statusAndBody(await root.get(gone))).toEqual(noUser);
      expect(statusAndBody(await root.patch(gone, { type: "SALES", groups: [99] }))).toEqual(noUser);
    }
    const input = id.slice(0, -1);
    const error = "invalid group length in group 4: expected 12, found 11";
    const msg = `Input should be a valid UUID, ${error}`;
    const malformed = { type: "uuid_parsing", loc: ["path", "id"], msg, input, ctx: { error } };
    const nowhere = userPath({ id: input });
    expect(statusAndBody(await root.get(nowhere))).toEqual({ status: 422, body: { detail: [malformed] } });
    const type = { ...notOneOf(...types), loc: ["body", "type"], input: "ROOT" };
    const both = { status: 422, body: { detail: [malformed, type] } };
    expect(statusAndBody(await root.patch(nowhere, { type: "ROOT" }))).toEqual(both);
  });
});
