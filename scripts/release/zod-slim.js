// zod without its locales, as messages are this service's own, and without the kinds of schema it has no
// use for: what stands in the bundle is read at every start. The bundler puts this in zod's place (see
// wrangler.toml), so a kind that is used for the first time is named here too; a test tells when one is not.
export {
  array,
  boolean,
  enum,
  int,
  literal,
  null,
  object,
  preprocess,
  record,
  string,
  transform,
  union,
  unknown,
  url,
  uuid,
  ZodType,
} from "../../node_modules/zod/v4/classic/schemas.js";
export { globalRegistry, NEVER, registry } from "../../node_modules/zod/v4/core/index.js";
export * as iso from "../../node_modules/zod/v4/classic/iso.js";
import * as z from "./zod-slim.js";
export { z, z as default };
