/** What an operator sets on a user. */
import { describe, expect, it } from "vitest";

import { operator, someone } from "../world.ts";
import { answered, changeCount, changesOf, oneUser, shown, statuses, userOf } from "./face.ts";
import {
  atLeast,
  badValue,
  fraction,
  noBoolean,
  noBooleanWord,
  noField,
  noInteger,
  noIntegerText,
  noList,
  noObject,
  notAmong,
  tooManyItems,
  wrong,
  wrongBody,
  type Wrong,
} from "../faults.ts";

const types = ["DEALER", "USER", "READONLY", "MANAGER", "SALES"];
const noUser = { status: 404, body: { detail: "User not found" } };

interface Settings {
  readonly type?: string;
  readonly groups?: readonly number[];
  readonly is_active?: boolean;
}

const settings: readonly (readonly [body: Settings, changes: object])[] = [
  ...types.filter((type) => type !== "USER").map((type) => [{ type }, { type: ["USER", type] }] as const),
  [{ groups: [2] }, { groups: [[], [2]] }],
  [{ groups: [3, 1, 2] }, { groups: [[], [1, 2, 3]] }],
  [{ is_active: false }, { is_active: [true, false] }],
  [
    { type: "SALES", groups: [3, 1], is_active: false },
    { type: ["USER", "SALES"], groups: [[], [1, 3]], is_active: [true, false] },
  ],
];

const values: readonly Wrong[] = [
  ...wrong("type", notAmong(...types), "ROOT", "user", "", null, 5),
  ...wrong("groups", noList, null, "3", {}, 3),
  ...wrong(
    "groups",
    tooManyItems(100, 101),
    Array.from({ length: 101 }, () => 1),
  ),
  ...wrong("is_active", noBooleanWord, "perhaps", "", 2),
  ...wrong("is_active", noBoolean, null, {}, ["false"], [0]),
];

async function startUser() {
  const root = await operator();
  const user = await someone();
  const { id } = await userOf(user);
  return { root, user, id, path: oneUser({ id }) };
}

describe("a setting of a user", () => {
  it.each(settings)("is one change by the operator: %j", async (body, changes) => {
    const { root, id, path } = await startUser();
    const before = await shown(root, path);
    const groups =
      body.groups === undefined ? {} : { groups: [...body.groups].sort((left, right) => left - right) };
    const after = { ...before, ...body, ...groups };
    expect(answered(await root.patch(path, body))).toEqual({ status: 200, body: after });
    expect(await shown(root, path)).toEqual(after);
    const { id: actor } = await userOf(root);
    expect((await changesOf(`user:${id}`)).at(-1)).toEqual({ actor, action: "user.updated", changes });
  });

  it("that is as it was is no change, nor is what is told besides", async () => {
    const { root, path } = await startUser();
    const set = { type: "MANAGER", groups: [1, 3], is_active: true };
    const after = (await root.patch(path, set)).body;
    const before = await changeCount();
    const others = {
      id: "no",
      email: "no@example.com",
      name: "No",
      verified_email: "no@example.com",
      isActive: false,
    };
    for (const body of [{}, set, { groups: [3, 1, 3, 3] }, { type: "MANAGER" }, { is_active: "yes" }, others])
      expect(answered(await root.patch(path, body))).toEqual({ status: 200, body: after });
    expect(await changeCount()).toBe(before);
  });

  it("has groups once each, and none when it is told so", async () => {
    const { root, id, path } = await startUser();
    expect((await root.patch(path, { groups: [3, 2, 3, "2", 2] })).body.groups).toEqual([2, 3]);
    expect((await root.patch(path, { groups: [1] })).body.groups).toEqual([1]);
    expect((await root.patch(path, { groups: [] })).body.groups).toEqual([]);
    expect((await changesOf(`user:${id}`)).slice(-3).map(({ changes }) => changes)).toEqual([
      { groups: [[], [2, 3]] },
      { groups: [[2, 3], [1]] },
      { groups: [[1], []] },
    ]);
  });

  it.each(values)("of %s to %j is refused", async (field, input, fault) => {
    const { root, path } = await startUser();
    const before = await shown(root, path);
    const answer = await root.patch(path, { type: "SALES", is_active: false, [field]: input });
    expect(answered(answer)).toEqual(wrongBody({ ...fault, loc: [field], input }));
    expect(await shown(root, path)).toEqual(before);
  });

  it("is refused with everything that is wrong with it", async () => {
    const { root, path } = await startUser();
    const groups = [1, 0, "x", 1.5, null, [2]];
    expect(answered(await root.patch(path, { is_active: "perhaps", groups, type: "ROOT" }))).toEqual(
      wrongBody(
        { ...notAmong(...types), loc: ["type"], input: "ROOT" },
        { ...atLeast(1), loc: ["groups", 1], input: 0 },
        { ...noIntegerText, loc: ["groups", 2], input: "x" },
        { ...fraction, loc: ["groups", 3], input: 1.5 },
        { ...noInteger, loc: ["groups", 4], input: null },
        { ...noInteger, loc: ["groups", 5], input: [2] },
        { ...noBooleanWord, loc: ["is_active"], input: "perhaps" },
      ),
    );
    const missing = { ...noField, loc: [], input: null };
    expect(answered(await root.patch(path))).toEqual(wrongBody(missing));
    expect(answered(await root.patch(path, []))).toEqual(wrongBody({ ...noObject, loc: [], input: [] }));
  });

  it("is none of a group that is not there, and then nothing is set", async () => {
    const { root, path } = await startUser();
    const before = await shown(root, path);
    const groups = [1, 99];
    const answer = await root.patch(path, { type: "SALES", groups });
    const fault = badValue("This group does not exist.");
    expect(answered(answer)).toEqual(wrongBody({ ...fault, loc: ["groups", 1], input: 99 }));
    const several = await root.patch(path, { type: "SALES", groups: ["99", 2, 98, 99.0] });
    expect(answered(several)).toEqual(
      wrongBody(
        { ...fault, loc: ["groups", 0], input: "99" },
        { ...fault, loc: ["groups", 2], input: 98 },
        { ...fault, loc: ["groups", 3], input: 99 },
      ),
    );
    expect(await shown(root, path)).toEqual(before);
  });

  it("by several at once is kept of each", async () => {
    const { root, id, path } = await startUser();
    const bodies = [{ type: "SALES" }, { groups: [2, 3] }, { is_active: false }];
    const answers = await Promise.all(bodies.map((body) => root.patch(path, body)));
    expect(statuses(answers)).toEqual([200, 200, 200]);
    expect(await shown(root, path)).toMatchObject({ type: "SALES", groups: [2, 3], is_active: false });
    expect((await changesOf(`user:${id}`)).filter(({ action }) => action === "user.updated")).toHaveLength(3);
  });
});

describe("a user", () => {
  it("is found by id in any spelling", async () => {
    const { root, id } = await startUser();
    for (const name of [id.toUpperCase(), id.replaceAll("-", ""), `{${id}}`])
      expect(await shown(root, oneUser({ id: encodeURIComponent(name) }))).toMatchObject({ id });
  });

  it("that is not there is 404, and an id that is none 422", async () => {
    const { root, user, id, path } = await startUser();
    await user.delete("/api/v1/user");
    for (const gone of [path, oneUser({ id: crypto.randomUUID() })]) {
      expect(answered(await root.get(gone))).toEqual(noUser);
      expect(answered(await root.patch(gone, { type: "SALES", groups: [99] }))).toEqual(noUser);
    }
    const input = id.slice(0, -1);
    const error = "invalid group length in group 4: expected 12, found 11";
    const msg = `Input should be a valid UUID, ${error}`;
    const malformed = { type: "uuid_parsing", loc: ["path", "id"], msg, input, ctx: { error } };
    const nowhere = oneUser({ id: input });
    expect(answered(await root.get(nowhere))).toEqual({ status: 422, body: { detail: [malformed] } });
    const type = { ...notAmong(...types), loc: ["body", "type"], input: "ROOT" };
    const both = { status: 422, body: { detail: [malformed, type] } };
    expect(answered(await root.patch(nowhere, { type: "ROOT" }))).toEqual(both);
  });
});
