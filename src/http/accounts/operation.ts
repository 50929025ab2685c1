import { FastApiFace } from "../fastapi/operation.ts";

/** The accounts face: `/api/v1/…`. */
export const accountsApi = new FastApiFace();

/** Adds an operation of the accounts face. */
export const { operation } = accountsApi;
