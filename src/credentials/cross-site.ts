import { firstOf } from "../model/raw-headers.js";

/**
 * Whether a page of another site sent the request. Programs send neither `Sec-Fetch-Site` nor `Origin`.
 */
export function isCrossSite(rawHeaders: readonly string[]): boolean {
  const site = firstOf(rawHeaders, "sec-fetch-site");
  if (site !== undefined) return site !== "same-origin" && site !== "none";
  const origin = firstOf(rawHeaders, "origin");
  if (origin === undefined) return false;
  const host = firstOf(rawHeaders, ":authority") ?? firstOf(rawHeaders, "host");
  return !URL.canParse(origin) || new URL(origin).host !== host;
}
