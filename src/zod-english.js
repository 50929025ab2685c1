// zod without its locales: messages are this service's own, and the languages are half of zod's size.
// The bundler puts this in zod's place (see wrangler.toml); it names what zod's entry names, less `locales`.
export * from "../node_modules/zod/v4/classic/schemas.js";
export * from "../node_modules/zod/v4/classic/checks.js";
export * from "../node_modules/zod/v4/classic/errors.js";
export * from "../node_modules/zod/v4/classic/parse.js";
export {
  $brand,
  $input,
  $output,
  clone,
  config,
  globalRegistry,
  NEVER,
  regexes,
  registry,
  TimePrecision,
  util,
} from "../node_modules/zod/v4/core/index.js";
export * as iso from "../node_modules/zod/v4/classic/iso.js";
export * as coerce from "../node_modules/zod/v4/classic/coerce.js";
import * as z from "./zod-english.js";
export { z, z as default };
