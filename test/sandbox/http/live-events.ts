import type { ServerResponse } from 'node:http';
import type { CardView } from './control-api.ts';

const pauseMs = 250;
const heartbeatMs = 15_000;
/** Past this many changed orders in one pause a page does better to load its cards anew. */
const ordersMax = 500;

/** What an open page is told: all it shows is to be loaded anew (`reload`), or the cards that have changed. */
export interface LiveChange {
  /** Epoch ms, by the sandbox's clock: cards expire by it. */
  readonly now: number;
  /** Sequence number of the journal's last entry. */
  readonly last: number;
  readonly reload: boolean;
  readonly cards: readonly CardView[];
}

/** Where the events come from. */
export interface LiveSource {
  readonly now: () => number;
  readonly last: () => number;
  /** The order's card as pages see it. */
  readonly card: (order: string) => CardView | undefined;
}

/** Tells open pages, by server-sent events, what has changed: at most four times a second, however much it was. */
export class LiveEvents {
  readonly #source: LiveSource;
  /** Open pages, and the user each shows the cards of; null for all users. */
  readonly #pages = new Map<ServerResponse, string | null>();
  readonly #orders = new Set<string>();
  #reload = false;
  #announcing: NodeJS.Timeout | null = null;
  readonly #heartbeat: NodeJS.Timeout;

  constructor(source: LiveSource) {
    this.#source = source;
    this.#heartbeat = setInterval(() => this.#writeToAll(': still here\n\n'), heartbeatMs).unref();
  }

  /** Keeps a response open as a stream of `changed` events: one at once, and one after changes. `user` is a userId or openId. */
  open(response: ServerResponse, user: string | null): void {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write(`retry: 1000\n${this.#event(true, [])}`);
    this.#pages.set(response, user);
    response.on('close', () => this.#pages.delete(response));
  }

  /** To be called at each change: with the order whose card changed, `all` where anything may have, or nothing. Free while no page is open. */
  announce(changed?: { readonly order: string } | 'all'): void {
    if (this.#pages.size === 0) return;
    if (changed === 'all') this.#reload = true;
    else if (changed !== undefined && !this.#reload) this.#orders.add(changed.order);
    if (this.#orders.size > ordersMax) this.#reload = true;
    this.#announcing ??= setTimeout(() => this.#tellAll(), pauseMs).unref();
  }

  /** Ends all streams. */
  close(): void {
    clearInterval(this.#heartbeat);
    if (this.#announcing !== null) clearTimeout(this.#announcing);
    for (const page of this.#pages.keys()) page.end();
  }

  #tellAll(): void {
    const orders = this.#reload ? [] : [...this.#orders];
    const cards = orders.flatMap(order => this.#source.card(order) ?? []);
    for (const [page, user] of this.#pages) {
      const seen = user === null ? cards : cards.filter(({ userId, openId }) => userId === user || openId === user);
      page.write(this.#event(this.#reload, seen));
    }
    this.#announcing = null;
    this.#reload = false;
    this.#orders.clear();
  }

  #event(reload: boolean, cards: readonly CardView[]): string {
    const change: LiveChange = { now: this.#source.now(), last: this.#source.last(), reload, cards };
    return `event: changed\ndata: ${JSON.stringify(change)}\n\n`;
  }

  #writeToAll(text: string): void {
    for (const page of this.#pages.keys()) page.write(text);
  }
}
