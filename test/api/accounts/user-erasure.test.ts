import { expect, it } from "vitest";

import { queryRow, runStatements } from "../../support/database.ts";
import { createAccount, createUser, unique } from "../../support/fixtures.ts";
import { invitationToken } from "../../support/invitations.ts";

/** Finds these words in any column of any table, except the search index's own. */
async function tracesOf(...words: string[]): Promise<string[]> {
  const [columns = []] = await runStatements([
    `SELECT tables.name AS "table", columns.name AS "column" FROM sqlite_schema AS tables
     JOIN pragma_table_info(tables.name) AS columns
     WHERE tables.type = 'table' AND tables.name NOT GLOB '_cf_*' AND tables.sql NOT GLOB 'CREATE VIRTUAL*'`,
  ]);
  const traces = [];
  for (const { table, column } of columns) {
    for (const word of words) {
      const found = await queryRow(
        `SELECT count(*) AS count FROM "${String(table)}" WHERE instr(lower(CAST("${String(column)}" AS TEXT)), ?) > 0`,
        word.toLowerCase(),
      );
      if (Number(found?.["count"]) > 0) traces.push(`${String(table)}.${String(column)}: ${word}`);
    }
  }
  return traces;
}

it("a deleted user leaves no address, name or identity behind", async () => {
  const [first, last, other] = [unique("Ada"), unique("Lovelace"), unique("Byron")];
  const host = await createUser();
  const shared = await createAccount(host);
  const user = await createUser({ name: `${first} ${last}`, picture: `https://pictures.example/${first}` });
  const invitation = `/api/v1/account/${shared.id}/invite`;
  expect((await host.post(invitation, { email: user.email })).status).toBe(200);
  const stored = await queryRow("SELECT uuid FROM invites WHERE email = ?", user.email);
  const token = await invitationToken(String(stored?.["uuid"]));
  expect((await user.post("/api/v1/invites/accept", { token })).status).toBe(200);

  const renamed = {
    name: `${other} ${last}`,
    email: `${other}@changed.example`,
    avatar: `https://pictures.example/${other}`,
  };
  expect((await user.patch("/api/v1/user", renamed)).status).toBe(200);
  const key = { headers: { "Idempotency-Key": unique("key") } };
  expect((await user.post("/api/v1/user/pa_tokens", { description: `${first}'s job` }, key)).status).toBe(
    201,
  );
  const own = await user.post("/api/v1/accounts", { slug: unique("own") }, key);
  expect((await user.delete(`/api/v1/account/${own.body.id}`)).status).toBe(204);
  expect((await user.post(invitation, { email: "guest@example.com" })).status).toBe(200);

  const words = [user.email, first, last, other];
  expect((await tracesOf(...words)).length).toBeGreaterThan(5);
  const { id } = (await user.get("/api/v1/user")).body;
  expect((await user.delete("/api/v1/user")).status).toBe(204);
  expect(await tracesOf(...words)).toEqual([]);
  // The history keeps the actor's uuid and no personal data.
  expect(await tracesOf(id)).toEqual([
    `audit_rows.actor: ${id}`,
    `audit_rows.target: ${id}`,
    `audit_rows.changes: ${id}`,
  ]);
});

it("a pending invitation stays with the account, and its history has no address", async () => {
  const host = await createUser();
  const account = await createAccount(host);
  const user = await createUser();
  await user.get("/api/v1/user");
  await host.post(`/api/v1/account/${account.id}/invite`, { email: user.email });
  expect((await user.delete("/api/v1/user")).status).toBe(204);
  expect(await tracesOf(user.email)).toEqual([
    `invites.email: ${user.email}`,
    `invites.email_key: ${user.email}`,
  ]);
});
