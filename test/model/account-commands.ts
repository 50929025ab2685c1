/** Commands about accounts, and their expected results. */
import { certificate } from "../support/certificates.ts";
import { setAccount } from "../support/database.ts";
import type { ApiResponse } from "../support/fixtures.ts";
import { bytes, ihdr, pixels, pngChunk, pngOf } from "../support/images.ts";
import { formWith } from "../support/logos.ts";
import { addHistory, type Command, nextNumber, pick } from "./command.ts";
import { type Account, maxSeats, outcome, statusOf } from "./model.ts";

/** Maximum number of accounts in a state. */
const mostAccounts = 4;

/** Creates an account, sometimes with a taken slug. */
const create: Command = (state, { user }, { on, organizations, yes }) => {
  const taken = yes
    ? pick(
        state.accounts.filter(({ there }) => there),
        on,
      )
    : undefined;
  if (taken === undefined && state.accounts.length >= mostAccounts) return undefined;
  const mark = `t${state.accounts.length}k${state.sign}q`;
  const [slug, title] = [taken?.slug ?? mark, `Title ${mark}`];
  const account = { mark, slug, title, there: true, blocked: false, saml: false, usage: 0, events: 0 };
  return {
    method: "POST",
    path: organizations ? "/accounts/organizations/" : "/api/v1/accounts",
    body: organizations
      ? { name: title, slug }
      : { slug, title, description: mark, email: `${mark}@example.com` },
    status: taken === undefined ? 201 : organizations ? 400 : 409,
    apply: async ({ body }: ApiResponse) => {
      const made: Account = {
        ...account,
        id: body.uuid ?? body.id,
        members: new Map([[user, "AOWNER"]]),
        invites: [],
        logo: undefined,
        history: [],
        named: new Set(),
      };
      await setAccount(made, { max_users: maxSeats });
      state.accounts.push(made);
      addHistory(made, user, "account.created");
    },
  };
};

const rename: Command = (state, { user }, { on, organizations, yes }) => {
  const account = pick(state.accounts, on);
  if (account === undefined) return undefined;
  const at = nextNumber(state);
  const title = `Title ${account.mark} ${at}`;
  const slug = yes ? `${account.mark}-${at}` : account.slug;
  const saml = {
    domain: `${account.mark}.example`,
    sso_url: `https://${account.mark}.example/sso`,
    entity_id: account.mark,
    x509_cert: certificate,
  };
  return {
    method: "PATCH",
    path: organizations ? organizationPath(account) : accountPath(account),
    body: organizations ? { name: title, slug } : { title, slug, ...(yes ? { saml } : {}) },
    status: statusOf(organizations ? "organizations" : "accounts", outcome(user, account, "change"), 200),
    apply: () => {
      Object.assign(account, { title, slug, saml: account.saml || (yes && !organizations) });
      addHistory(account, user, "account.updated");
    },
  };
};

const erase: Command = (state, { user }, { on, organizations }) => {
  const account = pick(state.accounts, on);
  if (account === undefined) return undefined;
  return {
    method: "DELETE",
    path: organizations ? organizationPath(account) : accountPath(account),
    status: statusOf(organizations ? "organizations" : "accounts", outcome(user, account, "erase"), 204),
    apply: () => (account.there = false),
  };
};

const uploadLogo: Command = (state, { user }, { on }) => {
  const account = pick(state.accounts, on);
  if (account === undefined) return undefined;
  const words = `${account.mark} ${nextNumber(state)}.`;
  const text = pngChunk("tEXt", bytes(`Comment\0${words}`));
  const image = pngOf(ihdr(), text, pngChunk("IDAT", pixels()), pngChunk("IEND"));
  return {
    method: "PATCH",
    path: logoPath(account),
    raw: formWith(Uint8Array.from(image)),
    status: statusOf("accounts", outcome(user, account, "setLogo"), 204),
    apply: () => {
      account.logo = words;
      addHistory(account, user, "account.updated");
    },
  };
};

const deleteLogo: Command = (state, { user }, { on }) => {
  const account = pick(state.accounts, on);
  if (account === undefined) return undefined;
  const done = account.logo === undefined ? 404 : 204;
  return {
    method: "DELETE",
    path: logoPath(account),
    status: statusOf("accounts", outcome(user, account, "setLogo"), done),
    apply: () => {
      account.logo = undefined;
      addHistory(account, user, "account.updated");
    },
  };
};

const count: Command = (state, { user }, { on, whom, organizations }) => {
  const account = pick(state.accounts, on);
  if (account === undefined) return undefined;
  const amount = 1 + (whom % 9);
  const event = { id: String(nextNumber(state)), metric: "ai_tokens_used", value: amount };
  return {
    method: "POST",
    path: organizations ? `${organizationPath(account)}increment/` : `/api/v1/account/${account.id}/usage`,
    body: organizations ? { usage: amount } : { events: [event] },
    status: statusOf(organizations ? "organizations" : "accounts", outcome(user, account, "count"), 200),
    observe: ({ body }) => (organizations ? body.usage : body.accepted),
    expected: organizations ? account.usage + amount : 1,
    apply: () => (account[organizations ? "usage" : "events"] += amount),
  };
};

/** Blocks or unblocks an account as the operator. */
const block: Command = (state, { user }, { on, yes }) => {
  const account = pick(state.accounts, on);
  if (account === undefined) return undefined;
  return {
    method: "PATCH",
    path: `/api/manage/@account/${account.id}/blocking_status`,
    body: { blocking_state: yes ? "manager" : "unblocked" },
    status: user.operator ? (account.there ? 200 : 404) : 403,
    apply: () => {
      if (account.blocked !== yes) addHistory(account, user, "account.updated");
      account.blocked = yes;
    },
  };
};

export const accountCommands = { create, rename, erase, uploadLogo, deleteLogo, count, block };

export function organizationPath({ id }: Account): string {
  return `/accounts/organizations/${id}/`;
}

export function accountPath({ slug }: Account): string {
  return `/api/v1/account/${slug}`;
}

export function logoPath(account: Account): string {
  return `${accountPath(account)}/logo.png?account_id=${account.id}`;
}
