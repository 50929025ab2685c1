/** One statement per operation, which writes the row. The database's triggers and indexes work as for the service. */
import { pathOf } from "./reads.js";

const owner = 2;

const insertAccount = `INSERT INTO accounts (uuid, slug, title, title_key, type, created_by, created_at)
  VALUES (?1, ?2, ?2, ?2, 'v3growth', ${owner}, 0) RETURNING uuid`;
const changeRole = `UPDATE memberships SET role = ?3
  WHERE account_id = (SELECT id FROM accounts WHERE slug = ?1) AND user_id = (SELECT id FROM users WHERE uuid = ?2)`;
const insertInvite = `INSERT INTO invites
    (uuid, account_id, email, email_key, role, invited_by, sent_at, valid_until, mail_again_at, created_at)
  VALUES (?1, (SELECT id FROM accounts WHERE slug = ?2), ?3, ?3, 'AMEMBER', ${owner}, ?4, ?4 + 604800000, ?4, ?4)`;

export const createAccount = async (request, { DB }) => {
  const { slug } = await request.json();
  const created = await DB.prepare(insertAccount).bind(crypto.randomUUID(), slug).first();
  return Response.json(created, { status: 201 });
};

export const updateMember = async (request, { DB }) => {
  const {
    add: [{ id, role }],
  } = await request.json();
  await DB.prepare(changeRole).bind(pathOf(request)[4], id, role).run();
  return new Response(null, { status: 204 });
};

export const invite = async (request, { DB }) => {
  const { email } = await request.json();
  await DB.prepare(insertInvite).bind(crypto.randomUUID(), pathOf(request)[4], email, Date.now()).run();
  return Response.json(null);
};
