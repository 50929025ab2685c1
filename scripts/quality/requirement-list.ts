/** The requirements this service is tested against. `[R17]` in a test's title says that it shows number 17. */

export interface Requirement {
  readonly number: number;
  readonly text: string;
  /** What shows it as well, outside the test suite. */
  readonly also?: string;
}

export interface Area {
  readonly title: string;
  readonly requirements: readonly Requirement[];
}

const CRASH_TEST =
  "The crash test kills the service under load and compares its counts with the acknowledged requests.";
const FUZZ_TEST = "The fuzz test sends generated requests to the running service.";
const TIMING_TEST =
  "The timing test compares response times, see [Timing side channels](threat-model.md#timing-side-channels).";

export const AREAS: readonly Area[] = [
  {
    title: "Tenant isolation",
    requirements: [
      {
        number: 1,
        text: "Each operation has a table row with the expected status for every kind of caller. An operation without a row fails the tests.",
      },
      {
        number: 2,
        text: "The id of another account's resource under the caller's own path returns the same response as an unknown id.",
      },
      {
        number: 3,
        text: "An account that does not exist and an account that the caller cannot see return identical responses.",
        also: TIMING_TEST,
      },
      { number: 4, text: "A list never contains rows of another tenant." },
      {
        number: 5,
        text: "Idempotency keys belong to one user, or to one account for usage. Entity tags and stored responses are useless to other callers.",
      },
      {
        number: 6,
        text: "Removing a role, group or membership takes effect with the next request, because each request reads the primary database.",
      },
    ],
  },
  {
    title: "Request bodies",
    requirements: [
      { number: 7, text: "Unknown keys are ignored, and read-only fields are never written." },
      {
        number: 8,
        text: "`null`, `__proto__`, `constructor`, duplicate keys and arrays in place of objects never cause a 5xx response.",
        also: FUZZ_TEST,
      },
      {
        number: 9,
        text: "A SAML certificate must be a valid certificate without a private key, and only callers with permission can read it.",
      },
    ],
  },
  {
    title: "Roles",
    requirements: [
      { number: 10, text: "A member cannot invite an owner." },
      {
        number: 11,
        text: "An account always keeps an active owner; the database rejects every change that would remove the last one. Accounts cannot be transferred.",
      },
      {
        number: 12,
        text: "If two owners remove, demote or deactivate each other at the same time, one of them remains.",
      },
      { number: 13, text: "A bulk update is applied completely or not at all." },
    ],
  },
  {
    title: "JSON Web Tokens",
    requirements: [
      {
        number: 14,
        text: "Rejected: algorithm `none`, shared secrets, algorithms outside the list, malformed key ids, keys embedded in or referenced by the token, unknown `crit` extensions.",
      },
      {
        number: 15,
        text: "Issuer, audience, subject and type must match. An ID token issued to another client is rejected.",
      },
      {
        number: 16,
        text: "Time claims are checked with a leeway of one minute, and implausible values are rejected.",
      },
      {
        number: 17,
        text: "Tokens over 8 KiB or with invalid UTF-8 are rejected. Deeply nested payloads do no harm.",
      },
      {
        number: 18,
        text: "Key sets are fetched with a cool-down and stay usable for 24 hours of an outage. Bad responses never replace good keys. Without keys the status is 503, not 401.",
      },
      { number: 19, text: "A key of one issuer never validates a token of another issuer." },
    ],
  },
  {
    title: "Invitations",
    requirements: [
      {
        number: 20,
        text: "A secret has 256 bits, works once, is derived from the worker's key instead of stored, and appears in no list, log or queue.",
      },
      {
        number: 21,
        text: "Fifty simultaneous acceptances by one user create one membership and return the same response.",
      },
      { number: 22, text: "Fifty simultaneous identical invitations create one pending invitation." },
      {
        number: 23,
        text: "A revoked or expired invitation, or one to a deleted, blocked or full account, creates no membership.",
      },
      {
        number: 24,
        text: "Sending an invitation again replaces its secret and extends its validity. Sending is limited per invitation and per account.",
      },
      {
        number: 25,
        text: "Addresses are compared in lower case and normal form C. A `+tag` and compatibility characters make a different address.",
      },
      { number: 26, text: "An existing member cannot be invited." },
      {
        number: 27,
        text: "Guessing secrets is rate-limited. Wrong, expired, used and revoked secrets return the same response.",
      },
      { number: 28, text: "Members and pending invitations together never exceed the seat limit." },
    ],
  },
  {
    title: "Enumeration",
    requirements: [
      {
        number: 29,
        text: "Only the owner of an address, and callers with permission to read logins, learn where the address signs in. All other cases return one response after one round trip, and two limits apply.",
        also: TIMING_TEST,
      },
      {
        number: 30,
        text: "Creating a user with an address that is in use reveals nothing and takes over no user.",
      },
    ],
  },
  {
    title: "Usage",
    requirements: [
      {
        number: 31,
        text: "A thousand simultaneous increments are all counted, and each returns its own total.",
      },
      { number: 32, text: "Exactly the limit is admitted." },
      {
        number: 33,
        text: "One idempotency key is counted once and always returns the same response, also after a crash. The same key with another body is rejected.",
        also: CRASH_TEST,
      },
      { number: 34, text: "Each unusual amount returns its documented response." },
      { number: 35, text: "A total above 2^53−1 is rejected, never rounded." },
      { number: 36, text: "The remaining amount is never negative, and null without a limit." },
      {
        number: 37,
        text: "A limit can be lowered below the current usage, overridden and restored.",
      },
      {
        number: 38,
        text: "Buckets are half-open UTC intervals with ISO weeks, and the sums of all aggregations agree.",
      },
      { number: 39, text: "A usage query returns at most 10,000 points." },
      { number: 40, text: "A clock that steps back never opens a bucket twice." },
      {
        number: 41,
        text: "Acknowledged increments survive a restart of the usage object.",
        also: CRASH_TEST,
      },
    ],
  },
  {
    title: "Logos",
    requirements: [
      { number: 42, text: "PNG, JPEG and WebP are recognized by content. The declared type is ignored." },
      {
        number: 43,
        text: "Other formats, files of two formats, truncated files and files with trailing bytes are rejected.",
      },
      { number: 44, text: "The size limit applies to the bytes received, whatever `Content-Length` says." },
      {
        number: 45,
        text: "The dimensions in the header are limited, and animated images are rejected.",
      },
      { number: 46, text: "A logo is served only as an image, with an `ETag`." },
      {
        number: 47,
        text: "A multipart body contains exactly one file. File names and part headers cannot affect the response.",
      },
      {
        number: 48,
        text: "During a replacement, a download returns either the old or the new logo in full.",
      },
      { number: 49, text: "Deleting an account deletes its logo." },
    ],
  },
  {
    title: "Lists and search",
    requirements: [
      { number: 50, text: "Each unusual page number and page size returns its documented response." },
      { number: 51, text: "A search matches every character literally, at any length." },
      {
        number: 52,
        text: "Following `next` returns no row twice and misses none, while rows are inserted.",
      },
      { number: 53, text: "No statement scans a growing table." },
    ],
  },
  {
    title: "Slugs, names and addresses",
    requirements: [
      { number: 54, text: "If fifty callers claim a slug at the same time, one of them gets it." },
      {
        number: 55,
        text: "Slugs are checked for case, reserved words, UUID form and length.",
      },
      {
        number: 56,
        text: "Names are stored in normal form C without control characters and displayed as text. Look-alike names are not detected.",
      },
      {
        number: 57,
        text: "An address has at most 254 characters, and none that could break a mail header.",
      },
    ],
  },
  {
    title: "HTTP",
    requirements: [
      {
        number: 58,
        text: "405 lists the allowed methods. CORS origins are listed by name and get no credentials. The organizations API returns 406 and 415; the accounts API returns 422 for another media type and ignores `Accept`.",
      },
      {
        number: 59,
        text: "No error reveals a stack, SQL or a value, and each response has an `X-Request-Id`. Error bodies are those of the two published APIs, not `application/problem+json`.",
        also: FUZZ_TEST,
      },
      { number: 60, text: "A conditional change of an outdated version returns 412." },
      { number: 61, text: "Each response has the security headers." },
      { number: 62, text: "Bodies over 1 MiB, deeply nested bodies and compressed bodies are rejected." },
      { number: 63, text: "No header overrides the request method." },
      { number: 64, text: "Links start with `PUBLIC_URL`, whatever host the client sends." },
    ],
  },
  {
    title: "Outbound requests",
    requirements: [
      {
        number: 65,
        text: "A stored URL must be a public https URL and is never fetched. The service calls only configured issuers, follows no redirects and has no webhooks.",
      },
    ],
  },
  {
    title: "Failures",
    requirements: [
      {
        number: 66,
        text: "While the database is overloaded or restarts, reads and creations with an idempotency key are tried three times. After that, and for other writes at once, the status is 503 with `Retry-After`.",
      },
      {
        number: 67,
        text: "If the usage object is unreachable, an increment returns 503 and is never invented. The account can still be read.",
      },
      { number: 68, text: "If R2 is unreachable, everything except logos works." },
      { number: 69, text: "If mail cannot be sent, the invitation is stored and its mail is retried." },
      {
        number: 70,
        text: "Each migration preserves the rows of a populated database and is applied once. The code of the previous release works on the new tables. Usage objects migrate their own tables. See [data.md](data.md#migrations).",
      },
      { number: 71, text: "An audit row exists exactly if its change exists." },
    ],
  },
  {
    title: "Rate limits",
    requirements: [
      {
        number: 72,
        text: "Limits apply per caller and per client address of the platform (/64), never by a client's header. 429 has `Retry-After`; exact limits have `RateLimit` headers. A failing limiter admits requests, except sign-in lookups and invitation previews.",
      },
    ],
  },
];
