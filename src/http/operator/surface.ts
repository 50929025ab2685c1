import { FastApiSurface } from "../fastapi/surface.ts";

/** The operator API: `/api/manage/…`. */
export const operatorSurface = new FastApiSurface();

/** Adds an operation. */
export const { operation } = operatorSurface;
