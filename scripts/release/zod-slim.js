// zod without its locales and unused types. Each start of an isolate loads the whole bundle. The bundler replaces zod
// with this file (see wrangler.toml). Export a type here when the service starts to use it; a test detects a missing one.
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
