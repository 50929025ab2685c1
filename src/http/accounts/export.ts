import { formatTimestamp } from "../../domain/timestamp.ts";
import { joinName } from "../../domain/user.ts";
import { logUnexpected } from "../../logging.ts";
import { AccountName } from "../../services/accounts/access.ts";
import { type AccountPart, exportAccount } from "../../services/export-import/export-account.ts";
import { toAuditEntry } from "../fastapi/audit.ts";
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
      "All that is the account's own, as JSON lines whose `kind` is account, member, invitation, change (its history), usage (a bucket), logo (in base64), and at last `end` with how many there are of each. It is read while it is sent, so it is no snapshot; what comes without its `end` is not whole. Secrets are not in it. For owners.",
    params: accountBySlugOrId,
    responses: () => responses(bytes("One JSON object a line.", [mediaType]), 403, 404),
  },
  async (ctx, { params }, c) => {
    const { access, parts } = await exportAccount(ctx, new AccountName(params.slug));
    const headers = {
      "Content-Type": mediaType,
      "Content-Disposition": `attachment; filename="${access.account.slug}.ndjson"`,
    };
    if (c.req.method === "HEAD") return c.body(null, 200, headers);
    const account = { kind: "account", ...toAccount(ctx, access) };
    const text = tell(account, parts, (error) => logUnexpected(c.var, error));
    return c.body(streamOf(text), 200, headers);
  },
);

/** The lines of an export. What fails in its middle ends it: what was sent cannot be taken back, but has no end. */
async function* tell(
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

/** Reads on only as the client takes what there is. */
function streamOf(text: AsyncGenerator<string>): ReadableStream<Uint8Array> {
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
