/** Only the storage work of each operation: one prepared statement that returns the same rows, no framework, no token. */
import { DurableObject } from "cloudflare:workers";

const account = `SELECT accounts.*, zones.slug AS zone_slug, memberships.role AS caller_role
  FROM accounts LEFT JOIN zones ON zones.id = accounts.zone_id
  LEFT JOIN memberships ON memberships.account_id = accounts.id AND memberships.user_id = 1
  WHERE accounts.slug = ?`;
const list = `SELECT accounts.id, accounts.uuid, accounts.slug, accounts.title, accounts.title_key, accounts.logo_hash
  FROM memberships JOIN accounts ON accounts.id = memberships.account_id
  WHERE memberships.user_id = 1 ORDER BY accounts.title_key, accounts.id LIMIT 21`;
const create = `INSERT INTO accounts (uuid, slug, title, title_key, type, created_by, created_at)
  VALUES (?1, ?2, ?2, ?2, 'v3starter', 1, 0) RETURNING uuid`;
const counted = "SELECT * FROM accounts WHERE uuid = ?";

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/accounts/organizations/") {
      return Response.json((await env.DB.prepare(list).all()).results);
    }
    if (pathname.endsWith("/increment/")) {
      const { usage } = await request.json();
      const { uuid } = await env.DB.prepare(counted).bind(pathname.split("/").at(-3)).first();
      await env.METER.get(env.METER.idFromName(uuid)).increment(usage);
      return Response.json({ usage });
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

const upsert = "INSERT INTO counters (id, usage) VALUES (1, ?1) ON CONFLICT DO UPDATE SET usage = usage + ?1";

/** Counts, and does nothing else. */
export class BareMeter extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec(
      "CREATE TABLE IF NOT EXISTS counters (id INTEGER PRIMARY KEY, usage INTEGER NOT NULL)",
    );
  }

  increment(amount) {
    this.ctx.storage.sql.exec(upsert, amount);
  }

  /** Says what it counts, which a limit cannot be told without. */
  incrementAndTell(amount) {
    return this.ctx.storage.sql.exec(`${upsert} RETURNING usage`, amount).one().usage;
  }
}
