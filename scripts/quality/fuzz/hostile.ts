/** Inputs that have broken other services and that random values would not hit. */

const words = [
  '% _ a_% \\ * a* "unfinished "" title:acme ((( ../../etc/passwd ..\\..\\windows file:///etc/passwd',
  "http://169.254.169.254/latest javascript:alert(1) <script>alert(1)</script> ${7*7}{{7*7}} %s%n%x",
  "__proto__ constructor toString null undefined NaN Infinity -1 0 1e309 9007199254740992 18446744073709551616",
  "0x10 ٣ ﬃÅİıß 00000000-0000-0000-0000-000000000000 {00000000-0000-4000-8000-000000000000}",
  "2026-02-30T00:00:00Z 2026-01-01T25:00:00Z 0000-00-00 -271821-04-20T00:00:00Z +275760-09-13T00:00:00.001Z",
  "99999999999999999999 a@b a@b@c.example a@xn--ls8h.example WzFd eyJhZnRlciI6bnVsbH0 last true me admin",
];

const phrases = [
  "| |\0|a\0b|\ud800|x\udfffy|\uffff\ufffe|a\tb\nc|\r\nX-Injected: yes|\u202eevil\u202c|\u200b\u200d\ufeff",
  "' OR 1=1 --|\"; DROP TABLE accounts; --|1) UNION VALUES(1,2)--|NEAR(a b, 2)|AND OR NOT",
  '"a b"@b.example|bob@example.com\r\nBcc: all@example.com',
];

export const texts: readonly string[] = [
  ...words.flatMap((line) => line.split(" ")),
  ...phrases.flatMap((line) => line.split("|")),
  "e\u0301".repeat(60),
  "😀".repeat(90),
  "x".repeat(10_240),
  `${"a".repeat(245)}@b.example`,
];

const jsonValues =
  'null true 0 -1 1.5 2147483648 9007199254740991 1e300 [] [[]] [null] {} {"length":3} {"$ne":null} {"toString":1} ' +
  '{"constructor":{"prototype":{}}} {"__proto__":{"admin":true}}';

export const values: readonly unknown[] = [
  ...jsonValues.split(" ").map((text) => JSON.parse(text) as unknown),
  Array<number>(1_001).fill(1),
];

/** JSON text in place of one value; some of it is not JSON. */
export const tokens: readonly string[] = [
  ...'1e309 -0 9007199254740993 1e-999 NaN Infinity 01 0x10 undefined "\\ud800" "\\u0000" "\\x41"'.split(" "),
  '{"a":1,"a":2}',
  "1".repeat(400),
  `${"[".repeat(5_000)}${"]".repeat(5_000)}`,
  `${'{"a":'.repeat(2_000)}1${"}".repeat(2_000)}`,
];

/** Field and parameter names that most operations do not have. */
export const names: readonly string[] =
  "id uuid role type limits max_users iss toString __proto__ a[] %00 = %zz page cursor".split(" ");

/** Segments of a path and values of a query, sent as they are. */
export const segments: readonly string[] = [
  ..."% %zz %00 %ff %C0%AE %ED%A0%80 %25%32%65 a%0d%0aX-Injected:%20yes a/b a//b a\\b @".split(" "),
  ..."a?b %3F %23 {slug} * :slug ;a=1 . .. %2e%2e %2E%2e%2Fapi ..%2f..%2fetc%2fpasswd ..;".split(" "),
  "",
  "x".repeat(2_000),
];

const json = "application/json";
const form = "application/x-www-form-urlencoded";
const multipart = "multipart/form-data; boundary=b";
const file = '--b\r\nContent-Disposition: form-data; name="file"';

/** Bodies, one character a byte, by their content types. */
const bodiesByType: Readonly<Record<string, readonly string[]>> = {
  [json]: [
    ...'null|[]|"text"|{|{"a": 1,}|{\'a\': 1}|\xef\xbb\xbf{}|{"\xff\xfe": 1}|\x1f\x8b\x08|'.split("|"),
    '{"__proto__": {"role": "AOWNER"}}',
    "[".repeat(100_000),
    `{"a": "${"x".repeat(1_100_000)}"}`,
  ],
  [form]: ["a=1&a=2&%zz=%", "name=%ff%fe&slug[]=1&__proto__[x]=1", "&".repeat(3_000)],
  [multipart]: [
    "",
    "--b--\r\n",
    `${file}\r\n\r\nhalf`,
    `${file}; filename="../a\0.png"\r\n\r\n<svg/>\r\n--b--\r\n`,
    "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n",
  ],
  "multipart/form-data": ["nothing"],
  [`multipart/form-data; boundary=${"b".repeat(300)}`]: [`--${"b".repeat(300)}--`],
  "text/xml": ["<a/>"],
  ...Object.fromEntries(["text/plain", `${json}; charset=utf-16`, ";;="].map((type) => [type, ["{}"]])),
};

export const bodies = pairs(bodiesByType);

const headersByName: Readonly<Record<string, readonly string[]>> = {
  Accept: ["text/html", `${json};q=0`, "*/*;q=0.1, application/xml", ",;q=,", "a".repeat(4_000)],
  "X-Organization": ["no-such-organization", "\u00e9\u00ff", "00000000-0000-0000-0000-000000000000"],
  "If-Match": ["*", "", '"x", W/"y", z', '"'.repeat(2_000)],
  "Idempotency-Key": ["", "k".repeat(255), "k".repeat(256), '"quoted", another', "\u00e9\u00ff", "__proto__"],
  "X-Request-Id": ["a".repeat(300), "<script>"],
  "If-None-Match": ["*", "W/"],
  Origin: ["null", "https://evil.example"],
  "Access-Control-Request-Method": ["TRACE"],
  "X-HTTP-Method-Override": ["DELETE"],
  "X-Forwarded-Host": ["evil.example"],
  "X-Original-URL": ["/api/manage/@users"],
  Range: ["bytes=0-0,5-1"],
  Cookie: ["__proto__=1; a=b"],
  "Content-Encoding": ["gzip"],
  Expect: ["nothing"],
  "If-Modified-Since": ["yesterday"],
};

export const headers = pairs(headersByName);

function pairs(valuesByName: Readonly<Record<string, readonly string[]>>): (readonly [string, string])[] {
  return Object.entries(valuesByName).flatMap(([name, all]) => all.map((value) => [name, value] as const));
}
