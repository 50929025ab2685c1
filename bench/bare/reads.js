/** One prepared statement per operation, which returns the rows of the service's response. The caller is known. */
const owner = 2;
const guest = 3;

const account = `SELECT accounts.*, zones.slug AS zone_slug, memberships.role AS caller_role
  FROM accounts LEFT JOIN zones ON zones.id = accounts.zone_id
  LEFT JOIN memberships ON memberships.account_id = accounts.id AND memberships.user_id = ${owner}
  WHERE accounts.slug = ?`;

const listColumns =
  "accounts.id, accounts.uuid, accounts.slug, accounts.title, accounts.title_key, accounts.logo_hash";
const total = "(SELECT value FROM counters WHERE name = 'accounts') AS count";
const byPage = `SELECT ${listColumns}, ${total} FROM accounts ORDER BY title_key, ordinal LIMIT 21 OFFSET ?`;
const byCursor = `SELECT ${listColumns}, ${total} FROM accounts
  WHERE (title_key, ordinal) > (?, ?) ORDER BY title_key, ordinal LIMIT 21`;
const searchAccounts = `SELECT ${listColumns},
    (SELECT count(*) FROM (SELECT 1 FROM accounts_search WHERE accounts_search MATCH ?1 LIMIT 10000)) AS count
  FROM accounts_search JOIN accounts ON accounts.id = accounts_search.rowid
  WHERE accounts_search MATCH ?1 ORDER BY accounts_search.rowid LIMIT 21`;

const allMembers = `SELECT users.uuid, users.first_name, users.last_name, users.email, memberships.role
  FROM memberships JOIN users ON users.id = memberships.user_id
  WHERE memberships.account_id = (SELECT id FROM accounts WHERE slug = ?) ORDER BY memberships.id`;
const ownAccounts = `SELECT accounts.uuid, accounts.slug, memberships.role,
    (SELECT json_object('uuid', uuid, 'email', email) FROM users WHERE id = ${guest}) AS user
  FROM memberships JOIN accounts ON accounts.id = memberships.account_id
  WHERE memberships.user_id = ${guest} ORDER BY accounts.title_key, accounts.id`;

export const getAccount = async (request, { DB }) =>
  Response.json(await DB.prepare(account).bind(pathOf(request)[4]).first());

export const listByPage = async (request, { DB }) => {
  const page = new URL(request.url).searchParams.get("page") ?? 1;
  return rows(DB.prepare(byPage).bind((page - 1) * 20));
};

export const listByCursor = async (request, { DB }) => {
  const cursor = new URL(request.url).searchParams.get("cursor");
  const text = new TextDecoder().decode(Uint8Array.fromBase64(cursor, { alphabet: "base64url" }));
  const [, title, ordinal] = JSON.parse(text);
  return rows(DB.prepare(byCursor).bind(title, ordinal));
};

export const search = async (request, { DB }) => {
  const term = new URL(request.url).searchParams.get("search");
  return rows(DB.prepare(searchAccounts).bind(`"${term.length < 3 ? `\u0001\u0001${term}` : term}"`));
};

export const members = async (request, { DB }) => rows(DB.prepare(allMembers).bind(pathOf(request)[4]));

export const welcome = async (_, { DB }) => rows(DB.prepare(ownAccounts));

/** Reads the account's row and the object. */
export const logo = async (request, { DB, LOGOS }) => {
  const { uuid, logo_hash, logo_upload } = await DB.prepare(account).bind(pathOf(request)[4]).first();
  const object = await LOGOS.get(`accounts/${uuid}/${logo_hash}/${logo_upload}`);
  return new Response(object.body, { headers: { "content-type": "image/png" } });
};

/** Returns the bytes of the service's response without storage. */
export const document = async (_, { DOCUMENT }) =>
  new Response(DOCUMENT, { headers: { "content-type": "application/json" } });

async function rows(statement) {
  return Response.json((await statement.all()).results);
}

export function pathOf(request) {
  return new URL(request.url).pathname.split("/");
}
