/** Only the storage work of each operation: no framework, no token, no check. The header X-Operation names it. */
import { increment, readUsage } from "./usage.js";
import { createAccount, invite, updateMember } from "./writes.js";
import { document, getAccount, listByCursor, listByPage, logo, members, search, welcome } from "./reads.js";

export { BareMeter } from "./meter.js";

const operations = {
  createAccount,
  document,
  getAccount,
  increment,
  invite,
  listByCursor,
  listByPage,
  logo,
  members,
  readUsage,
  search,
  updateMember,
  welcome,
};

export default {
  fetch: (request, env) => operations[request.headers.get("x-operation")](request, env),
};
