import { describe, expect, it } from "vitest";

import { type Caller, createUser, type TestAccount, statusAndBody } from "../../support/fixtures.ts";
import {
  auditRowsOf,
  createAccountWithOwner,
  membersPath,
  missingBody,
  noAccess,
  roleError,
  uuidError,
} from "../../support/members.ts";
import { createColleague } from "../../support/organization-users.ts";
const update = (caller: Caller, account: TestAccount, changes: unknown) =>
  caller.patch(membersPath(account), changes);

describe("invalid updates", () => {
  const one = "6b0c3f52-1a0e-4a57-9f6e-2d6a8f0d1eff";
  const noList = { type: "list_type", msg: "Input should be a valid list" };
  const noObject = {
    type: "model_attributes_type",
    msg: "Input should be a valid dictionary or object to extract fields from",
  };
  const noUuid = { type: "uuid_type", msg: "UUID input should be a string, bytes or UUID object" };
  const valueError = (reason: string) => ({
    type: "value_error",
    msg: `Value error, ${reason}`,
    ctx: { error: {} },
  });
  const nobody = valueError("This user does not exist.");
  const not1 = uuidError("1", "invalid length: expected length 32 for simple format, found 1");

  it.each<{ name: string; changes: unknown; faults: object[] }>([
    {
      name: "all of it together, in order",
      changes: { delete: ["1"], add: [{ id: "1", role: "AOWNER" }, { id: one, role: "BOSS" }, {}] },
      faults: [
        { ...not1, loc: ["add", 0, "id"] },
        { ...roleError, loc: ["add", 1, "role"], input: "BOSS" },
        { type: "missing", loc: ["add", 2, "id"], msg: "Field required", input: {} },
        { type: "missing", loc: ["add", 2, "role"], msg: "Field required", input: {} },
        { ...not1, loc: ["delete", 0] },
      ],
    },
    {
      name: "no list",
      changes: { add: {}, delete: "x" },
      faults: [
        { ...noList, loc: ["add"], input: {} },
        { ...noList, loc: ["delete"], input: "x" },
      ],
    },
    {
      name: "no object",
      changes: { add: [null, one] },
      faults: [
        { ...noObject, loc: ["add", 0], input: null },
        { ...noObject, loc: ["add", 1], input: one },
      ],
    },
    {
      name: "a role in lower case, and none",
      changes: {
        add: [
          { id: one, role: "aowner" },
          { id: one, role: null },
        ],
      },
      faults: [
        { ...roleError, loc: ["add", 0, "role"], input: "aowner" },
        { ...roleError, loc: ["add", 1, "role"], input: null },
      ],
    },
    {
      name: "ids that are no text",
      changes: { add: [{ id: 5, role: "AOWNER" }], delete: [null] },
      faults: [
        { ...noUuid, loc: ["add", 0, "id"], input: 5 },
        { ...noUuid, loc: ["delete", 0], input: null },
      ],
    },
    {
      name: "who is added twice",
      changes: {
        add: [
          { id: one, role: "AOWNER" },
          { id: one.toUpperCase(), role: "AMEMBER" },
        ],
      },
      faults: [
        { ...valueError("This user is listed twice."), loc: ["add", 1, "id"], input: one.toUpperCase() },
      ],
    },
    {
      name: "who is added and deleted",
      changes: { add: [{ id: one, role: "AOWNER" }], delete: [one.replaceAll("-", "")] },
      faults: [{ ...valueError("This user is listed twice."), loc: ["add", 0, "id"], input: one }],
    },
  ])("an invalid update is rejected: $name", async ({ changes, faults }) => {
    const { owner, account } = await createAccountWithOwner();
    const detail = faults.map((fault) => ({ ...fault, loc: ["body", ...placeOf(fault)] }));
    for (const caller of [owner, await createUser()]) {
      expect(statusAndBody(await update(caller, account, changes))).toEqual({
        status: 422,
        body: { detail },
      });
    }
    expect(statusAndBody(await update(owner, account, null))).toEqual({
      status: 422,
      body: { detail: [missingBody] },
    });
  });

  it("1,001 entries are rejected with one error, whatever they are", async () => {
    const { owner, account } = await createAccountWithOwner();
    const ids = Array.from({ length: 1_001 }, () => crypto.randomUUID());
    const tooLong = {
      type: "too_long",
      msg: "List should have at most 1000 items after validation, not 1001",
      ctx: { field_type: "List", max_length: 1000, actual_length: 1001 },
    };
    for (const [field, input] of [
      ["delete", ids],
      ["add", ids.map((id) => ({ id, role: "AMEMBER" }))],
      ["delete", ids.map(() => "x")],
    ] as const) {
      const answer = await update(owner, account, { [field]: input });
      expect([answer.status, answer.body.detail.length]).toEqual([422, 1]);
      expect(answer.body).toEqual({ detail: [{ ...tooLong, loc: ["body", field], input }] });
    }
  });

  it("200,000 entries are rejected with one error", async () => {
    const { account } = await createAccountWithOwner();
    for (const [field, item] of [
      ["delete", 1],
      ["add", {}],
    ] as const) {
      const answer = await update(await createUser(), account, { [field]: Array(200_000).fill(item) });
      expect([answer.status, answer.body.detail.length]).toEqual([422, 1]);
    }
  });

  it("an unknown user is reported as named, to callers who may change members", async () => {
    const { owner, account } = await createAccountWithOwner();
    const [known, missing] = [(await createColleague([])).uuid, crypto.randomUUID().toUpperCase()];
    const add = [known, missing].map((id) => ({ id, role: "AMEMBER" }));
    expect(statusAndBody(await update(owner, account, { add }))).toEqual({
      status: 422,
      body: { detail: [{ ...nobody, loc: ["body", "add", 1, "id"], input: missing }] },
    });
    expect(statusAndBody(await update(await createUser(), account, { add }))).toEqual(noAccess);
    expect(await auditRowsOf(account)).toEqual([]);
  });

  it("all unknown users are reported together", async () => {
    const { owner, account } = await createAccountWithOwner();
    const add = [crypto.randomUUID(), crypto.randomUUID()].map((id) => ({ id, role: "AMEMBER" }));
    const detail = add.map(({ id }, at) => ({ ...nobody, loc: ["body", "add", at, "id"], input: id }));
    expect(statusAndBody(await update(owner, account, { add }))).toEqual({ status: 422, body: { detail } });
  });
});

function placeOf(fault: object): unknown[] {
  return "loc" in fault && Array.isArray(fault.loc) ? fault.loc : [];
}
