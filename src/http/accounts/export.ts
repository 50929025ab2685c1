import { formatTimestamp } from "../../domain/timestamp.ts";
import { joinName } from "../../domain/user.ts";
import { logUnexpected } from "../../logging.ts";
import { AccountName } from "../../services/accounts/access.ts";
import { type AccountPart, exportAccount } from "../../services/export-import/export-account.ts";
import { toAuditEntry } from "../fastapi/resources.ts";
import { bytes, responses } from "../fastapi/responses.ts";
import { toAccount } from "./accounts.ts";
import { accountBySlugOrId, operation } from "./surface.ts";

const mediaType = "application/x-ndjson";

operation(
  {
    id: "exportAccount",
    method: "get",
    path: "/api/v1/account/{slug}/export",
    tag: "Accounts",
    summary: "Export account",
    description:
      "Returns the data of the account as JSON lines. `kind` is account, member, invitation, change (audit log), usage (a bucket), logo (in base64), and finally `end` with the number of lines of each kind. The data is read while it is sent, so it is not a snapshot. An export without `end` is incomplete. Secrets are omitted. Requires the role AOWNER.",
    params: accountBySlugOrId,
    responses: () => responses(bytes("One JSON object per line.", [mediaType]), 403, 404),
  },
  async (ctx, { params }, c) => {
    const { access, parts } = await exportAccount(ctx, new AccountName(params.slug));
    const headers = {
      "Content-Type": mediaType,
      "Content-Disposition": `attachment; filename="${access.account.slug}.ndjson"`,
    };
    if (c.req.method === "HEAD") return c.body(null, 200, headers);
    const account = { kind: "account", ...toAccount(ctx, access) };
    const text = exportLines(account, parts, (error) => logUnexpected(c.var, error));
    return c.body(toStream(text), 200, headers);
  },
);

/** Yields the lines of an export. An error ends it early: the client notices that `end` is missing. */
async function* exportLines(
  account: object,
  parts: AsyncIterable<AccountPart>,
  log: (error: unknown) => void,
): AsyncGenerator<string> {
  yield lines([account]);
  const counts = { member: 0, invitation: 0, change: 0, usage: 0, logo: 0 };
  try {
    for await (const part of parts) {
      counts[part.kind] += part.rows.length;
      yield lines(present(part).map((row) => ({ kind: part.kind, ...row })));
    }
    yield lines([{ kind: "end", ...counts }]);
  } catch (error) {
    log(error);
  }
}

/** Returns a stream that reads on only when the client has taken the previous chunk. */
function toStream(text: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await text.next();
      if (done === true) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      await text.return(undefined);
    },
  });
}

function lines(objects: readonly object[]): string {
  return objects.map((object) => `${JSON.stringify(object)}\n`).join("");
}

function present(part: AccountPart): object[] {
  if (part.kind === "member") {
    return part.rows.map(({ uuid, firstName, lastName, email, role, createdAt }) => ({
      id: uuid,
      name: joinName(firstName, lastName),
      email,
      role,
      since: formatTimestamp(createdAt),
    }));
  }
  if (part.kind === "invitation") {
    return part.rows.map(({ uuid, email, role, state, sentAt, validUntil, inviter, acceptedBy }) => ({
      id: uuid,
      email,
      role,
      state,
      sent_at: formatTimestamp(sentAt),
      expires: formatTimestamp(validUntil),
      invited_by: inviter,
      accepted_by: acceptedBy,
    }));
  }
  if (part.kind === "change") return part.rows.map(toAuditEntry);
  if (part.kind === "usage") {
    return part.rows.map(({ size, at, knowledgebox, sums }) => ({
      bucket: size,
      timestamp: formatTimestamp(at),
      knowledgebox,
      metrics: sums,
    }));
  }
  return part.rows.map(({ type, bytes: content }) => ({ type, base64: content.toBase64() }));
}
