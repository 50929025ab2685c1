import { z } from "@hono/zod-openapi";

import {
  imageExtensions,
  type ImageResult,
  imageTypes,
  maxLogoBytes,
  maxLogoSide,
  readImage,
} from "../../domain/logo.ts";
import { AccountName } from "../../services/accounts/access.ts";
import { deleteLogo, type Image, uploadLogo } from "../../services/logos/change.ts";
import { type FoundLogo, getLogo } from "../../services/logos/get.ts";
import type { AppContext } from "../app-env.ts";
import { matchesIfNoneMatch, parseIfMatch } from "../etag.ts";
import { UploadedFile } from "../fastapi/body.ts";
import { uuid } from "../fastapi/fields.ts";
import { bytes, empty, responses } from "../fastapi/responses.ts";
import { addIssue, valueError } from "../fastapi/validation.ts";
import { lazy, withMetadata, withSchemaName } from "../schema.ts";
import { accountBySlugOrId, operation } from "./surface.ts";

const tag = "Logos";
const path = "/api/v1/account/{slug}/logo.png";
const accountId = "Id of the account. The id of another account is 404.";

type ImageError = Extract<ImageResult, { kind: "refused" }>["reason"];

const imageErrors: Readonly<Record<ImageError, string>> = {
  empty: "The file is empty.",
  unknown_format: "The file is not a PNG, JPEG or WebP image.",
  truncated: "The image is truncated.",
  malformed: "The image is malformed.",
  unsupported: "Browsers cannot show this kind of image.",
  too_many_pixels: `The image is larger than ${maxLogoSide} by ${maxLogoSide} pixels.`,
  animated: "The image is animated.",
  trailing_data: "The file contains data after the end of the image.",
};

const logoBody = lazy(() =>
  withSchemaName(
    "LogoBody",
    z.object({
      file: withMetadata(
        z.transform((value, context): Image => {
          if (value === undefined) return addIssue(context, { type: "missing", msg: "Field required" });
          if (Array.isArray(value)) return addIssue(context, valueError("Send exactly one file."));
          if (!(value instanceof UploadedFile)) {
            return addIssue(context, valueError("Expected UploadFile, received: <class 'str'>"));
          }
          const image = readImage(value.bytes);
          if (image.kind === "refused") return addIssue(context, valueError(imageErrors[image.reason]));
          return { bytes: value.bytes, type: image.type };
        }),
        {
          type: "string",
          format: "binary",
          description: `A still PNG, JPEG or WebP image of at most 2 MiB and ${maxLogoSide} by ${maxLogoSide} pixels. The declared name and type are ignored.`,
        },
      ),
    }),
    { required: ["file"] },
  ),
);

operation(
  {
    id: "downloadLogo",
    etag: true,
    method: "get",
    path,
    tag,
    summary: "Download logo",
    description:
      "Returns the logo as uploaded, in its own format despite the extension of the path. Requires membership.",
    params: accountBySlugOrId,
    query: lazy(() => z.object({ account_id: uuid(accountId) })),
    responses: () => responses(bytes("The logo.", imageTypes), 403, 404, 422),
  },
  async (ctx, { params, query }, c) => {
    const logo = await getLogo(
      ctx,
      { name: new AccountName(params.slug), accountId: query.account_id },
      { isKnown: (hash) => matchesIfNoneMatch(c, `"${hash}"`), bytes: c.req.method === "GET" },
    );
    return present(c, logo);
  },
);

operation(
  {
    id: "uploadLogo",
    etag: true,
    method: "patch",
    path,
    tag,
    summary: "Upload logo",
    description: "Replaces the logo. Requires the role AOWNER.",
    params: accountBySlugOrId,
    query: lazy(() => z.object({ account_id: withMetadata(z.string(), { description: accountId }) })),
    body: logoBody,
    maxFileBytes: maxLogoBytes,
    responses: () => responses(empty("The logo was replaced."), 400, 403, 404, 409, 412, 422),
  },
  async (ctx, { params, query, body }, c) => {
    const owner = { name: new AccountName(params.slug), accountId: query.account_id };
    await uploadLogo(ctx, owner, body.file, expectedLogos(c));
    return c.body(null, 204);
  },
);

operation(
  {
    id: "deleteLogo",
    etag: true,
    method: "delete",
    path,
    tag,
    summary: "Delete logo",
    description: "Deletes the logo. Requires the role AOWNER.",
    params: accountBySlugOrId,
    query: lazy(() => z.object({ account_id: withMetadata(z.string(), { description: accountId }) })),
    responses: () => responses(empty("The logo was deleted."), 403, 404, 409, 412, 422),
  },
  async (ctx, { params, query }, c) => {
    await deleteLogo(
      ctx,
      { name: new AccountName(params.slug), accountId: query.account_id },
      expectedLogos(c),
    );
    return c.body(null, 204);
  },
);

/** Returns a logo with headers that stop browsers from treating it as anything but an image. */
function present(c: AppContext, { hash, type, content }: FoundLogo): Response {
  const headers = {
    ETag: `"${hash}"`,
    // Browsers must revalidate, mostly to get a 304: a new logo shows at once, and only to members.
    "Cache-Control": "private, no-cache",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
  };
  if (content === undefined) return c.body(null, 304, headers);
  return c.newResponse(content.bytes, 200, {
    ...headers,
    "Content-Type": type,
    "Content-Length": String(content.size),
    "Content-Disposition": `inline; filename="logo.${imageExtensions[type]}"`,
  });
}

/** Returns the hashes of the logos in `If-Match`; undefined if any logo is accepted. */
function expectedLogos(c: AppContext): readonly string[] | undefined {
  return parseIfMatch(c)?.map((one) => /^"([0-9a-f]{64})"$/.exec(one)?.[1] ?? "");
}
