import { connect, type Socket } from "node:net";

/** A byte so often, in milliseconds: one request takes minutes. */
const pace = 200;

/** Connections whose headers or bodies come byte by byte; one that is ended is made anew. */
export class SlowConnections {
  readonly #address: URL;
  readonly #sockets = new Set<Socket>();
  #ending = false;
  /** How many the service ended, or never took. */
  ended = 0;

  constructor(address: URL) {
    this.#address = address;
  }

  get open(): number {
    return [...this.#sockets].filter(({ readyState }) => readyState === "open").length;
  }

  /** Opens so many: every other one is slow with its headers, the rest with their bodies. */
  add(count: number): void {
    for (let place = 0; place < count; place += 1) this.#dribble(place % 2 === 0);
  }

  close(): void {
    this.#ending = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  #dribble(headers: boolean): void {
    const socket = connect(Number(this.#address.port), this.#address.hostname);
    this.#sockets.add(socket);
    const line = `Host: ${this.#address.host}\r\nContent-Type: application/json\r\n`;
    const head = `POST /accounts/login_url/ HTTP/1.1\r\n${line}`;
    socket.write(headers ? head : `${head}Content-Length: 100000\r\n\r\n`);
    const timer = setInterval(() => socket.write(headers ? "x" : " "), pace);
    // Why it ended says nothing: that it did is counted.
    socket.on("error", () => {});
    socket.resume();
    socket.on("close", () => {
      clearInterval(timer);
      this.#sockets.delete(socket);
      if (this.#ending) return;
      this.ended += 1;
      setTimeout(() => this.#ending || this.#dribble(headers), pace);
    });
  }
}
