import { FastApiSurface } from "../fastapi/surface.ts";

/** The operator's face: `/api/manage/…`, in the accounts face's manner. */
export const operatorSurface = new FastApiSurface();

/** Adds an operation of the operator's face. */
export const { operation } = operatorSurface;
