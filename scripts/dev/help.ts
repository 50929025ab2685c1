/** Prints each npm script with one line about it. */
import { readFile } from "node:fs/promises";

/** The groups of `npm run help`; a test compares them with package.json. */
export const HELP: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "Run locally": {
    start: "serve on PORT (8787) with the data in STATE_DIR (.wrangler/state)",
    seed: "fill the running service with two accounts, five users, an invitation and usage",
    token: "print access tokens: npm run --silent token -- ada@example.com",
    mail: "print the mails sent so far as JSON lines",
    export: "print an account, or the whole service, as JSON lines",
    import: "load an exported service into an empty one",
  },
  Change: {
    check: "types, lint, format, migrations, generated files, bundle size and tests, as CI does",
    types: "check the types",
    lint: "check the code and the layers",
    format: "format all files",
    generate: "write the files that are generated from the code, such as docs/openapi.json",
  },
  Test: {
    test: "run all tests",
    "test:unit": "run the tests that need no Workers runtime",
    "test:watch": "run tests again when their files change",
    "test:crash": "kill the service under load and verify that every acknowledged increment was counted",
    "test:fuzz": "send generated requests: npm run test:fuzz -- --seed 7 --requests 2500",
    "test:timing": "check that response times do not reveal whether a resource exists",
  },
  Quality: {
    "quality:audit": "check the production dependencies for published advisories",
    "quality:load": "measure a client's requests while others flood the service",
  },
  Database: {
    "db:generate": "create a migration from changes of src/storage/schema.ts",
    "db:check": "check the rules for migrations",
    "db:migrate": "apply the migrations to the local database without starting the service",
  },
  Release: {
    release: "record the migrations and statements of the release that is about to be deployed",
    deploy: "apply the migrations and deploy to production, or with -- --env staging to staging",
  },
  Benchmark: {
    bench: "measure the built Worker",
    "bench:compare": "compare two results of npm run bench",
    "bench:data": "create the database that the benchmark uses",
    "bench:simulate": "compute platform limits and prices for a number of accounts",
  },
  Other: {
    help: "print this list",
    prepare: "copy the files of the pages to dist/assets; npm ci runs it",
  },
};

if (import.meta.main) {
  const { version }: { version: string } = JSON.parse(await readFile("package.json", "utf8"));
  const scripts = Object.values(HELP).flatMap(Object.keys);
  const width = Math.max(...scripts.map((name) => name.length));
  console.log(`Roster ${version}. Run a script with npm run NAME.`);
  for (const [group, lines] of Object.entries(HELP)) {
    console.log(`\n${group}`);
    for (const [name, line] of Object.entries(lines)) console.log(`  ${name.padEnd(width)}  ${line}`);
  }
}
