/** Only the storage work of each operation: one prepared statement that returns the same rows, no framework, no token. */
const account = `SELECT accounts.*, zones.slug AS zone_slug, memberships.role AS caller_role
  FROM accounts LEFT JOIN zones ON zones.id = accounts.zone_id
  LEFT JOIN memberships ON memberships.account_id = accounts.id AND memberships.user_id = 1
  WHERE accounts.slug = ?`;
const list = `SELECT accounts.id, accounts.uuid, accounts.slug, accounts.title, accounts.title_key
  FROM memberships JOIN accounts ON accounts.id = memberships.account_id
  WHERE memberships.user_id = 1 ORDER BY accounts.title_key, accounts.id LIMIT 21`;
const create = `INSERT INTO accounts (uuid, slug, title, title_key, type, created_by, created_at)
  VALUES (?1, ?2, ?2, ?2, 'v3starter', 1, 0) RETURNING uuid`;

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/accounts/organizations/") {
      return Response.json((await env.DB.prepare(list).all()).results);
    }
    if (request.method === "POST") {
      const { slug } = await request.json();
      return Response.json(await env.DB.prepare(create).bind(crypto.randomUUID(), slug).first(), {
        status: 201,
      });
    }
    return Response.json(await env.DB.prepare(account).bind(pathname.split("/").at(-1)).first());
  },
};
