import type { ServerResponse } from 'node:http';

const pauseMs = 250;
const heartbeatMs = 15_000;

/** Tells open pages, by server-sent events, that something has changed: at most four times a second, however much it was. */
export class LiveEvents {
  readonly #pages = new Set<ServerResponse>();
  #announcing: NodeJS.Timeout | null = null;
  readonly #heartbeat: NodeJS.Timeout;

  constructor() {
    this.#heartbeat = setInterval(() => this.#write(': still here\n\n'), heartbeatMs).unref();
  }

  /** Keeps a response open as a stream of events: `changed` at once, and after each change. */
  open(response: ServerResponse): void {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write('retry: 1000\nevent: changed\ndata: {}\n\n');
    this.#pages.add(response);
    response.on('close', () => this.#pages.delete(response));
  }

  /** To be called at each change; costs nothing while no page is open. */
  announce(): void {
    if (this.#pages.size === 0 || this.#announcing !== null) return;
    this.#announcing = setTimeout(() => {
      this.#announcing = null;
      this.#write('event: changed\ndata: {}\n\n');
    }, pauseMs).unref();
  }

  /** Ends all streams. */
  close(): void {
    clearInterval(this.#heartbeat);
    if (this.#announcing !== null) clearTimeout(this.#announcing);
    for (const page of this.#pages) page.end();
  }

  #write(text: string): void {
    for (const page of this.#pages) page.write(text);
  }
}
