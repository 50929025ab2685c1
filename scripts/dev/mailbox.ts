import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { createDirectory, errorCode } from "../cli.ts";

/** A mail as it was sent. `to` lists the recipients, separated by commas. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** A running mailbox. */
export interface Mailbox {
  /** Where the local Worker delivers mails, and where people read them. */
  readonly url: string;
  readonly close: () => void;
}

/** Returns the mails that the service has sent with this state folder, oldest first. */
export async function readMails(state: string): Promise<Mail[]> {
  const files = await mailFiles(state);
  return Promise.all(
    files.map(async (file) => {
      const mail: Mail = JSON.parse(await readFile(join(mailFolder(state), file), "utf8"));
      return { to: mail.to, subject: mail.subject, text: mail.text, html: mail.html };
    }),
  );
}

/** Starts the mailbox of a state folder on a free port of the loopback address. */
export async function startMailbox(state: string): Promise<Mailbox> {
  const store = await openStore(state);
  const server = createServer((request, response) => {
    serve(state, store, request, response).catch((error: unknown) => {
      console.error("The mailbox failed:", error);
      response.writeHead(500).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() };
}

type Store = (mail: Mail) => Promise<void>;

/** Numbers the files of the mails, so that their names sort by age. */
async function openStore(state: string): Promise<Store> {
  await createDirectory(mailFolder(state));
  let last = Number.parseInt((await mailFiles(state)).at(-1) ?? "0", 10);
  return async (mail) => {
    last += 1;
    const path = join(mailFolder(state), `${String(last).padStart(8, "0")}.json`);
    const draft = `${path}.${randomUUID()}`;
    // Renamed into place, so that a reader never sees half a mail.
    await writeFile(draft, JSON.stringify(mail), { mode: 0o600 });
    await rename(draft, path);
  };
}

async function serve(
  state: string,
  store: Store,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // Pages of other sites can neither read mails under a name of theirs nor send JSON without asking.
  if (!/^(?:127\.0\.0\.1|localhost):\d+$/.test(request.headers.host ?? "")) {
    response.writeHead(403).end();
  } else if (request.method === "POST" && request.headers["content-type"] === "application/json") {
    await store(toMail(JSON.parse(await text(request))));
    response.writeHead(201).end();
  } else if (request.method === "GET" && request.url === "/") {
    response.writeHead(200, PAGE_HEADERS).end(mailPage(await readMails(state)));
  } else {
    response.writeHead(404).end();
  }
}

/** Picks what is shown of a message. */
function toMail({ to, subject, text: plain, html }: Partial<Record<string, unknown>>): Mail {
  const read = (value: unknown) => (typeof value === "string" ? value : "");
  return { to: read(to), subject: read(subject), text: read(plain), html: read(html) };
}

const PAGE_HEADERS = {
  "Content-Type": "text/html; charset=utf-8",
  "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'",
};

/** Returns a page with all mails, newest first. Their HTML runs no scripts; links open a new tab. */
export function mailPage(mails: readonly Mail[]): string {
  const items = mails.toReversed().map(
    (mail) => `<article>
<h2>${escapeHtml(mail.subject)}</h2>
<p>To ${escapeHtml(mail.to)}</p>
<iframe sandbox="allow-popups" srcdoc="${escapeHtml(`<base target="_blank">${mail.html}`)}"></iframe>
<details><summary>Text</summary><pre>${escapeHtml(mail.text)}</pre></details>
</article>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Mails of Roster</title>
<style>
body { font-family: system-ui, sans-serif; margin: 2rem auto; max-width: 45rem; padding: 0 1rem; }
article { border-top: 1px solid #ccc; padding: 1rem 0; }
iframe { border: 1px solid #ccc; height: 24rem; width: 100%; }
pre { white-space: pre-wrap; }
</style>
<h1>Mails</h1>
<p>${mails.length === 0 ? "No mail was sent yet." : "Newest first. Reload the page for new ones."}</p>
${items.join("\n")}
</html>
`;
}

function escapeHtml(value: string): string {
  return value.replaceAll(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function mailFolder(state: string): string {
  return join(state, "mail");
}

async function mailFiles(state: string): Promise<string[]> {
  try {
    return (await readdir(mailFolder(state))).filter((file) => /^\d+\.json$/.test(file)).toSorted();
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}
