import { connect, type Socket } from "node:net";

/** Milliseconds between two bytes: a request takes minutes. */
const interval = 200;

/** Connections that send their headers or body byte by byte. A closed connection is opened again. */
export class SlowConnections {
  readonly #address: URL;
  readonly #sockets = new Set<Socket>();
  #isClosing = false;
  /** How many connections the service closed or did not accept. */
  closed = 0;

  constructor(address: URL) {
    this.#address = address;
  }

  get openCount(): number {
    return [...this.#sockets].filter(({ readyState }) => readyState === "open").length;
  }

  /** Opens so many connections: half of them send slow headers, the others a slow body. */
  open(count: number): void {
    for (let index = 0; index < count; index += 1) this.#connect(index % 2 === 0);
  }

  close(): void {
    this.#isClosing = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  #connect(hasSlowHeaders: boolean): void {
    const socket = connect(Number(this.#address.port), this.#address.hostname);
    this.#sockets.add(socket);
    const headers = `Host: ${this.#address.host}\r\nContent-Type: application/json\r\n`;
    const start = `POST /accounts/login_url/ HTTP/1.1\r\n${headers}`;
    socket.write(hasSlowHeaders ? start : `${start}Content-Length: 100000\r\n\r\n`);
    const timer = setInterval(() => socket.write(hasSlowHeaders ? "x" : " "), interval);
    // Only the number of closed connections matters, not the reason.
    socket.on("error", () => {});
    socket.resume();
    socket.on("close", () => {
      clearInterval(timer);
      this.#sockets.delete(socket);
      if (this.#isClosing) return;
      this.closed += 1;
      setTimeout(() => this.#isClosing || this.#connect(hasSlowHeaders), interval);
    });
  }
}
