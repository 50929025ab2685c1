import { globSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { errorCode } from "../cli.ts";

/** A mail as it was sent; `to` lists its recipients, separated by a comma and a space. */
export interface LocalMail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Returns the mails the service has sent under this state folder, oldest first. */
export function readLocalMail(state: string): LocalMail[] {
  return mailFiles(state).map((file) => {
    const { to, subject, text, html } = JSON.parse(readFileSync(join(mailFolder(state), file), "utf8"));
    return { to, subject, text, html };
  });
}

/**
 * Copies mails out of miniflare's own store, which lives in its temporary folder and goes when it ends.
 *
 * The e-mail binding answers only after the mail is in that store, a SQLite database whose `emails` table
 * grows by one row a mail. Seen in miniflare 5.20261023.2 and documented nowhere: a new version of wrangler
 * needs a look at this class, and the mail test tells.
 */
export class MailCopier {
  readonly #state: string;
  readonly #temporary: string;
  readonly #stores = new Map<string, { store: DatabaseSync; copied: number }>();
  readonly #ids: Set<string>;
  #last: number;

  /** `temporary` is the folder in which miniflare makes its temporary folders. */
  constructor(state: string, temporary: string) {
    this.#state = state;
    this.#temporary = temporary;
    mkdirSync(mailFolder(state), { recursive: true, mode: 0o700 });
    const files = mailFiles(state);
    this.#ids = new Set(files.map(idOf));
    this.#last = Number(files.at(-1)?.slice(0, DIGITS) ?? 0);
  }

  /** Copies what has been sent since the last call. */
  copy(): void {
    for (const name of globSync("miniflare-*/email-store/*/*.sqlite-wal", { cwd: this.#temporary })) {
      const log = join(this.#temporary, name);
      // A store is opened once its log has begun: while it is being made, a second reader could lock it out.
      if (!log.endsWith("metadata.sqlite-wal") && (statSync(log, { throwIfNoEntry: false })?.size ?? 0) > 0) {
        this.#copyStore(log.slice(0, -"-wal".length));
      }
    }
  }

  /** Lets go of the stores; what was copied stays. */
  close(): void {
    for (const { store } of this.#stores.values()) {
      store.close();
    }
    this.#stores.clear();
  }

  #copyStore(path: string): void {
    try {
      // Not read-only: a store left behind by a killed process must first have its log rolled in.
      const open = this.#stores.get(path) ?? { store: new DatabaseSync(path, { timeout: 100 }), copied: 0 };
      this.#stores.set(path, open);
      const sent = open.store.prepare(
        "SELECT seq, id, data FROM emails WHERE kind = 'sent' AND seq > ? ORDER BY seq",
      );
      for (const row of sent.iterate(open.copied)) {
        this.#write(String(row["id"]), JSON.parse(String(row["data"])));
        open.copied = Number(row["seq"]);
      }
    } catch (error) {
      // Busy, or made a moment ago and still without its table: the next call finds it ready.
      if (errorCode(error) !== "ERR_SQLITE_ERROR") {
        throw error;
      }
    }
  }

  #write(messageId: string, sent: StoredMail): void {
    const id = messageId.replace(/@.*/s, "").replace(/[^A-Za-z0-9]/g, "");
    if (this.#ids.has(id)) {
      return;
    }
    const mail: LocalMail & { sent_at: string } = {
      to: sent.to.join(", "),
      subject: sent.subject,
      text: sent.text ?? source(sent),
      html: sent.html ?? "",
      sent_at: sent.sentAt,
    };
    const number = String(this.#last + 1).padStart(DIGITS, "0");
    const path = join(mailFolder(this.#state), `${number}-${id}.json`);
    // Renamed into place, so that a reader never sees half a mail.
    writeFileSync(`${path}.part`, JSON.stringify(mail), { mode: 0o600 });
    renameSync(`${path}.part`, path);
    this.#ids.add(id);
    this.#last += 1;
  }
}

interface StoredMail {
  readonly to: readonly string[];
  readonly subject: string;
  readonly sentAt: string;
  readonly text?: string;
  readonly html?: string;
  /** Only of a mail sent as a MIME message. */
  readonly rawBase64?: string;
}

const DIGITS = 8;

/** A mail handed over as MIME is kept as its source, undivided. */
function source(sent: StoredMail): string {
  return sent.rawBase64 === undefined ? "" : Buffer.from(sent.rawBase64, "base64").toString();
}

function mailFolder(state: string): string {
  return join(state, "mail");
}

function mailFiles(state: string): string[] {
  try {
    return readdirSync(mailFolder(state))
      .filter((file) => /^\d+-\w+\.json$/.test(file))
      .toSorted();
  } catch (error) {
    if (errorCode(error) === "ENOENT") {
      return [];
    }
    throw error;
  }
}

function idOf(file: string): string {
  return file.slice(DIGITS + 1, -".json".length);
}
