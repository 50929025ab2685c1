/**
 * The invitation page. The secret arrives in the fragment of the link. It is removed from the address
 * bar at once, stored in the session storage of this tab until the invitation is accepted, and sent
 * to this service only, in request bodies. Names and titles are inserted as text, never as HTML.
 */

/** Session storage keys of the invitation's secret, the user's token, and the `state` of a sign-in. */
const storageKeys = { secret: "roster.invite", token: "roster.token", state: "roster.state" };

/** @typedef {typeof import("../../translations/en.json")} Translation */

/**
 * @typedef {{
 *   account: { title: string, logo_url: string | null },
 *   invited_by: string | null, role: string, expires: string,
 * }} Preview
 */

const page = /** @type {HTMLElement} */ (document.getElementById("page"));
takeFragment(); // before the first wait, so that the secret leaves the address bar at once
const language = selectLanguage(navigator.languages, (page.dataset["languages"] ?? "").split(" "));
const translation = await loadTranslation(language);
const messages = translation.page;

document.documentElement.lang = language;
document.title = messages.title;
addEventListener("hashchange", () => void start());
await start();

/**
 * Returns the first preferred language that is available; English if none is.
 *
 * @param {readonly string[]} preferred language tags, such as `pt-BR`
 * @param {readonly string[]} available two-letter codes
 * @returns {string}
 */
function selectLanguage(preferred, available) {
  const codes = preferred.map((tag) => tag.slice(0, 2).toLowerCase());
  return codes.find((code) => available.includes(code)) ?? "en";
}

/**
 * Loads the texts of a language from this service.
 *
 * @param {string} code
 * @returns {Promise<Translation>}
 */
async function loadTranslation(code) {
  const response = await fetch(`/invite/${code}.json`);
  return response.json();
}

/**
 * Loads and shows the invitation of the link.
 *
 * @returns {Promise<void>}
 */
async function start() {
  takeFragment();
  const secret = sessionStorage.getItem(storageKeys.secret);
  if (secret === null) return show(paragraph(messages.invalid));
  show(paragraph(messages.loading));
  const { status, body } = await post("/api/v1/invites/preview", secret);
  if (status === 200) return showInvitation(secret, body);
  if (status === 404 || status === 422) {
    sessionStorage.removeItem(storageKeys.secret);
    return show(paragraph(messages.invalid));
  }
  return show(
    paragraph(errorMessageOf(status)),
    button(messages.retry, () => start()),
  );
}

/** Moves the secret of a link, or the token of a finished sign-in, from the address bar to the session storage. */
function takeFragment() {
  const fragment = location.hash.slice(1);
  if (fragment === "") return;
  history.replaceState(null, "", location.pathname);
  const parameters = new URLSearchParams(fragment);
  const token = parameters.get("access_token");
  if (token === null) {
    sessionStorage.setItem(storageKeys.secret, fragment);
    return;
  }
  // Ignore a token whose `state` this tab did not create: a forged link could sign the user in as somebody else.
  const state = sessionStorage.getItem(storageKeys.state);
  sessionStorage.removeItem(storageKeys.state);
  if (state !== null && parameters.get("state") === state) sessionStorage.setItem(storageKeys.token, token);
}

/**
 * @param {string} secret
 * @param {Preview} invite
 * @param {string} [errorMessage] shown above the buttons
 */
function showInvitation(secret, invite, errorMessage) {
  const { account, invited_by: inviter, role, expires } = invite;
  const date = new Intl.DateTimeFormat(translation.locale, { dateStyle: "long", timeStyle: "short" });
  /** @type {Readonly<Record<string, string>>} */
  const roles = translation.roles;
  const values = {
    account: account.title,
    inviter: inviter ?? "",
    role: roles[role] ?? role,
    date: date.format(new Date(expires)),
  };
  const token = sessionStorage.getItem(storageKeys.token);
  show(
    ...logoImages(account),
    paragraph(interpolate(inviter === null ? translation.invited : translation.invitedBy, values)),
    paragraph(interpolate(messages.validUntil, values), "faint"),
    ...(errorMessage === undefined ? [] : [alertParagraph(errorMessage)]),
    ...(token === null ? signInControls(secret, invite) : acceptControls(secret, invite, token)),
  );
}

/**
 * @param {string} secret
 * @param {Preview} invite
 * @param {string} token
 */
function acceptControls(secret, invite, token) {
  const email = emailOf(token);
  return [
    paragraph(email === undefined ? messages.signedIn : interpolate(messages.signedInAs, { email })),
    button(messages.accept, () => accept(secret, invite, token)),
    " ",
    button(messages.useAnotherAccount, () => signOut(secret, invite), "quiet"),
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
    sessionStorage.removeItem(storageKeys.secret);
    const { title } = invite.account;
    return show(
      paragraph(interpolate(messages.joined, { account: title })),
      paragraph(/** @type {{ account: { slug: string } }} */ (body).account.slug, "faint"),
    );
  }
  if (status === 401) return signOut(secret, invite, messages.sessionEnded);
  return showInvitation(secret, invite, errorMessageOf(status));
}

/**
 * @param {string} secret
 * @param {Preview} invite
 * @param {string} [errorMessage]
 */
function signOut(secret, invite, errorMessage) {
  sessionStorage.removeItem(storageKeys.token);
  showInvitation(secret, invite, errorMessage);
}

/**
 * @param {string} secret
 * @param {Preview} invite
 */
function signInControls(secret, invite) {
  const { signInUrl = "", returnTo = "" } = page.dataset;
  if (signInUrl !== "") {
    return [paragraph(messages.signInFirst), button(messages.signIn, () => signIn(signInUrl, returnTo))];
  }
  const field = document.createElement("textarea");
  field.id = "token";
  field.rows = 4;
  field.autocomplete = "off";
  field.spellcheck = false;
  const label = document.createElement("label");
  label.htmlFor = field.id;
  label.append(messages.token);
  const summary = document.createElement("summary");
  summary.append(messages.developerToken);
  const details = document.createElement("details");
  const use = button(messages.useToken, () => {
    const token = field.value.trim();
    if (token === "") return field.focus();
    sessionStorage.setItem(storageKeys.token, token);
    return showInvitation(secret, invite);
  });
  details.append(summary, label, field, use);
  return [paragraph(messages.signInElsewhere), details];
}

/**
 * Navigates to the sign-in page. The secret stays in this tab; the sign-in must return the `state` sent here.
 *
 * @param {string} signInUrl
 * @param {string} returnTo
 */
function signIn(signInUrl, returnTo) {
  const random = crypto.getRandomValues(new Uint8Array(16));
  const state = Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
  sessionStorage.setItem(storageKeys.state, state);
  const url = new URL(signInUrl);
  url.searchParams.set("return_to", returnTo);
  url.searchParams.set("state", state);
  location.assign(url);
}

/**
 * Posts the secret to this service. Returns status 0 if the service is unreachable.
 *
 * @param {string} path
 * @param {string} secret
 * @param {string} [token]
 */
async function post(path, secret, token) {
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ token: secret }),
    });
    return { status: response.status, body: await response.json() };
  } catch {
    return { status: 0, body: undefined };
  }
}

/**
 * Returns the message for the status of a failed request.
 *
 * @param {number} status
 */
function errorMessageOf(status) {
  if (status === 403) return messages.accountBlocked;
  if (status === 404) return messages.invalid;
  if (status === 409) return messages.noSeats;
  return status === 429 ? messages.tooManyRequests : messages.failed;
}

/**
 * Returns the e-mail claim of a token, for display only: the token is not verified here.
 *
 * @param {string} token
 * @returns {string | undefined}
 */
function emailOf(token) {
  try {
    const payload = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
    const { email } = JSON.parse(new TextDecoder().decode(bytes));
    return typeof email === "string" ? email : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Replaces the content of the page, below its heading.
 *
 * @param {...(Node | string)} content
 */
function show(...content) {
  const heading = document.createElement("h1");
  heading.append(messages.title);
  page.replaceChildren(heading, ...content);
}

/**
 * @param {string} text
 * @param {string} [className]
 */
function paragraph(text, className) {
  const element = document.createElement("p");
  if (className !== undefined) element.className = className;
  element.append(text);
  return element;
}

/** @param {string} text */
function alertParagraph(text) {
  const element = paragraph(text);
  element.role = "alert";
  return element;
}

/**
 * Creates a button that is disabled while its handler runs.
 *
 * @param {string} text
 * @param {() => unknown} onClick
 * @param {string} [className]
 */
function button(text, onClick, className) {
  const element = document.createElement("button");
  element.type = "button";
  if (className !== undefined) element.className = className;
  element.append(text);
  const handleClick = async () => {
    element.disabled = true;
    await onClick();
    element.disabled = false;
  };
  element.addEventListener("click", () => void handleClick());
  return element;
}

/** @param {Preview["account"]} account */
function logoImages({ logo_url: source, title }) {
  if (source === null) return [];
  const logo = document.createElement("img");
  logo.src = source;
  logo.alt = title;
  return [logo];
}

/**
 * Replaces each `{name}` by its value. Placeholders inside values are not replaced.
 *
 * @param {string} text
 * @param {Readonly<Record<string, string>>} values
 */
function interpolate(text, values) {
  return text.replaceAll(/\{(\w+)\}/g, (placeholder, name) => values[name] ?? placeholder);
}
