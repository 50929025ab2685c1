/**
 * Runs issuers' sites on the loopback address. Each is a real server with its own port, so that tests do not disturb
 * each other and a closed site refuses connections. A separate port controls them: POST / opens a site,
 * PUT /{port} sets its response, GET /{port} returns the requests it received, DELETE /{port} closes it.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import type { TestProject } from "vitest/node";

import type { SiteAnswer, SiteRequest } from "../issuer-site-protocol.ts";

/** Starts the control server. Returns a function that closes it and all sites. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const sites = new Map<number, Site>();
  const steering = createServer((request, response) => {
    steer(sites, request).then(
      (result) => response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(result)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  project.provide("issuerSites", `http://127.0.0.1:${await listen(steering)}`);
  project.provide("remoteSite", await open(sites));
  return async () => {
    await Promise.all([steering, ...[...sites.values()].map(({ server }) => server)].map(close));
  };
}

interface Site {
  readonly server: Server;
  readonly requests: SiteRequest[];
  /** Responses that wait until the site's response is changed. */
  readonly waiting: ServerResponse[];
  answer: SiteAnswer;
}

async function steer(sites: Map<number, Site>, request: IncomingMessage): Promise<unknown> {
  if (request.method === "POST") return open(sites);
  const port = Number(request.url?.slice(1));
  const site = sites.get(port);
  if (site === undefined) throw new Error(`no site at port ${port}`);
  if (request.method === "PUT") {
    site.answer = JSON.parse(await text(request)) as SiteAnswer;
    for (const response of site.waiting.splice(0)) give(site, response);
  }
  if (request.method === "DELETE") await close(site.server);
  return site.requests;
}

/** Opens a site and returns its port. */
async function open(sites: Map<number, Site>): Promise<number> {
  const server = createServer((request, response) => {
    site.requests.push({ method: request.method ?? "", path: request.url ?? "" });
    give(site, response);
  });
  const answer: SiteAnswer = {
    status: 404,
    headers: {},
    body: "",
    filler: 0,
    gzip: false,
    silent: "never",
  };
  const site: Site = { server, requests: [], waiting: [], answer };
  const port = await listen(server);
  sites.set(port, site);
  return port;
}

function give({ answer, waiting }: Site, response: ServerResponse): void {
  if (answer.silent === "from the start") {
    waiting.push(response);
    return;
  }
  const plain = Buffer.from(answer.body + " ".repeat(answer.filler));
  response.writeHead(answer.status, {
    ...answer.headers,
    ...(answer.gzip ? { "Content-Encoding": "gzip" } : {}),
  });
  response.write(answer.gzip ? gzipSync(plain) : plain);
  if (answer.silent === "never") response.end();
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("no port"));
      else resolve(address.port);
    });
  });
}

/** Closes a server and its connections, if it is open. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
