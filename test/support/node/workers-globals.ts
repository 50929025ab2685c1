/** Adds to Node the global of the Workers runtime that the source uses. */
import { scheduler } from "node:timers/promises";

Object.assign(globalThis, { scheduler });
