/**
 * The page of an invitation. The secret comes behind the `#` of the link, leaves the address bar at
 * once and stays in this tab's session storage until it is accepted; it is sent to this service only,
 * in bodies. What people wrote is shown as text and never as HTML.
 */
import { fill, wordsFor } from "./words.js";

/** Where the tab keeps the invitation's secret, the user's token, and what was sent along to sign in. */
const kept = { secret: "roster.invite", token: "roster.token", state: "roster.state" };

/**
 * @typedef {{
 *   account: { title: string, logo_url: string | null },
 *   invited_by: string | null, role: string, expires: string,
 * }} Preview
 */

const { language, words } = wordsFor(navigator.languages);
const page = /** @type {HTMLElement} */ (document.getElementById("page"));

document.documentElement.lang = language;
document.title = words.title;
addEventListener("hashchange", () => void start());
await start();

/**
 * Looks at what the link holds and shows it.
 *
 * @returns {Promise<void>}
 */
async function start() {
  takeFragment();
  const secret = sessionStorage.getItem(kept.secret);
  if (secret === null) return show(sentence(words.gone));
  show(sentence(words.loading));
  const { status, body } = await post("/api/v1/invites/preview", secret);
  if (status === 200) return showInvite(secret, body);
  if (status === 404 || status === 422) {
    sessionStorage.removeItem(kept.secret);
    return show(sentence(words.gone));
  }
  return show(
    sentence(reasonOf(status)),
    button(words.retry, () => start()),
  );
}

/** Takes the secret of a link, or the token that signing in comes back with, out of the address bar. */
function takeFragment() {
  const fragment = location.hash.slice(1);
  if (fragment === "") return;
  history.replaceState(null, "", location.pathname);
  const answer = new URLSearchParams(fragment);
  const token = answer.get("access_token");
  if (token === null) {
    sessionStorage.setItem(kept.secret, fragment);
    return;
  }
  // A token nobody went to sign in for from here is somebody else's idea of who should accept.
  const state = sessionStorage.getItem(kept.state);
  sessionStorage.removeItem(kept.state);
  if (state !== null && answer.get("state") === state) sessionStorage.setItem(kept.token, token);
}

/**
 * @param {string} secret
 * @param {Preview} invite
 * @param {string} [told] what went wrong before
 */
function showInvite(secret, invite, told) {
  const { account, invited_by: inviter, role, expires } = invite;
  const date = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" });
  const values = {
    account: account.title,
    inviter: inviter ?? "",
    role: words.roles[role] ?? role,
    date: date.format(new Date(expires)),
  };
  const token = sessionStorage.getItem(kept.token);
  show(
    ...logoOf(account),
    sentence(fill(inviter === null ? words.invitesByNobody : words.invites, values)),
    sentence(fill(words.until, values), "faint"),
    ...(told === undefined ? [] : [alert(told)]),
    ...(token === null ? waysToSignIn(secret, invite) : waysToAccept(secret, invite, token)),
  );
}

/**
 * @param {string} secret
 * @param {Preview} invite
 * @param {string} token
 */
function waysToAccept(secret, invite, token) {
  const email = addressOf(token);
  return [
    sentence(email === undefined ? words.signedIn : fill(words.signedInAs, { email })),
    button(words.accept, () => accept(secret, invite, token)),
    " ",
    button(words.another, () => signOut(secret, invite), "quiet"),
  ];
}

/**
 * @param {string} secret
 * @param {Preview} invite
 * @param {string} token
 */
async function accept(secret, invite, token) {
  const { status, body } = await post("/api/v1/invites/accept", secret, token);
  if (status === 200) {
    sessionStorage.removeItem(kept.secret);
    const { title } = invite.account;
    return show(
      sentence(fill(words.joined, { account: title })),
      sentence(/** @type {{ account: { slug: string } }} */ (body).account.slug, "faint"),
    );
  }
  if (status === 401) return signOut(secret, invite, words.again);
  return showInvite(secret, invite, reasonOf(status));
}

/**
 * @param {string} secret
 * @param {Preview} invite
 * @param {string} [told]
 */
function signOut(secret, invite, told) {
  sessionStorage.removeItem(kept.token);
  showInvite(secret, invite, told);
}

/**
 * @param {string} secret
 * @param {Preview} invite
 */
function waysToSignIn(secret, invite) {
  const { signInUrl = "", returnTo = "" } = page.dataset;
  if (signInUrl !== "") {
    return [sentence(words.signInFirst), button(words.signIn, () => signIn(signInUrl, returnTo))];
  }
  const field = document.createElement("textarea");
  field.id = "token";
  field.rows = 4;
  field.autocomplete = "off";
  field.spellcheck = false;
  const label = document.createElement("label");
  label.htmlFor = field.id;
  label.append(words.token);
  const summary = document.createElement("summary");
  summary.append(words.paste);
  const details = document.createElement("details");
  const use = button(words.use, () => {
    const token = field.value.trim();
    if (token === "") return field.focus();
    sessionStorage.setItem(kept.token, token);
    return showInvite(secret, invite);
  });
  details.append(summary, label, field, use);
  return [sentence(words.signInThere), details];
}

/**
 * Goes to sign in; the secret stays here, and the token must come back with what is sent along.
 *
 * @param {string} signInUrl
 * @param {string} returnTo
 */
function signIn(signInUrl, returnTo) {
  const random = crypto.getRandomValues(new Uint8Array(16));
  const state = Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
  sessionStorage.setItem(kept.state, state);
  const url = new URL(signInUrl);
  url.searchParams.set("return_to", returnTo);
  url.searchParams.set("state", state);
  location.assign(url);
}

/**
 * Asks the service; status 0 when it cannot be reached.
 *
 * @param {string} path
 * @param {string} secret
 * @param {string} [token]
 */
async function post(path, secret, token) {
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ token: secret }),
    });
    return { status: answer.status, body: await answer.json() };
  } catch {
    return { status: 0, body: undefined };
  }
}

/** @param {number} status */
function reasonOf(status) {
  if (status === 403) return words.blocked;
  if (status === 404) return words.gone;
  if (status === 409) return words.full;
  return status === 429 ? words.later : words.failed;
}

/**
 * The address a token says it is for, to be shown; nothing is decided on it.
 *
 * @param {string} token
 * @returns {string | undefined}
 */
function addressOf(token) {
  try {
    const payload = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
    const { email } = JSON.parse(new TextDecoder().decode(bytes));
    return typeof email === "string" ? email : undefined;
  } catch {
    return undefined;
  }
}

/** @param {...(Node | string)} content */
function show(...content) {
  const heading = document.createElement("h1");
  heading.append(words.title);
  page.replaceChildren(heading, ...content);
}

/**
 * @param {string} text
 * @param {string} [style]
 */
function sentence(text, style) {
  const paragraph = document.createElement("p");
  if (style !== undefined) paragraph.className = style;
  paragraph.append(text);
  return paragraph;
}

/** @param {string} text */
function alert(text) {
  const paragraph = sentence(text);
  paragraph.role = "alert";
  return paragraph;
}

/**
 * A button that cannot be pressed again while it does its work.
 *
 * @param {string} text
 * @param {() => unknown} press
 * @param {string} [style]
 */
function button(text, press, style) {
  const made = document.createElement("button");
  made.type = "button";
  if (style !== undefined) made.className = style;
  made.append(text);
  const pressed = async () => {
    made.disabled = true;
    await press();
    made.disabled = false;
  };
  made.addEventListener("click", () => void pressed());
  return made;
}

/** @param {Preview["account"]} account */
function logoOf({ logo_url: source, title }) {
  if (source === null) return [];
  const logo = document.createElement("img");
  logo.src = source;
  logo.alt = title;
  return [logo];
}
