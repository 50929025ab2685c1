import { FastApiSurface } from "../fastapi/surface.ts";

/** The accounts face: `/api/v1/…`. */
export const accountsSurface = new FastApiSurface();

/** Adds an operation of the accounts face: for callers who are someone, or open to anyone. */
export const { operation, openOperation } = accountsSurface;
