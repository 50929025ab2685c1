import { FastApiFace } from "../fastapi/operation.ts";

/** The operator's face: `/api/manage/…`, in the accounts face's manner. */
export const operatorApi = new FastApiFace();

/** Adds an operation of the operator's face. */
export const { operation } = operatorApi;
