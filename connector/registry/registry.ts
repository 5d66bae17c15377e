import avro from 'avsc';
import { annotatingHook } from '../avro/annotated-type.ts';
import { Fault, type FaultCode } from '../kernel/fault.ts';
import { type Clock, type DurationMs, type MonotonicMs, monotonic } from '../kernel/time.ts';
import { openRegistryClient, type RegistryClient } from './registry-client.ts';
import type { RegistryAddress } from './transport.ts';

/** What the registry room is told by the settings. */
export interface RegistryOptions extends RegistryAddress {
  /** Pause before asking again while the registry does not answer. */
  readonly retryMs: DurationMs;
  readonly clock: Clock;
  /** The registry does not answer, or not as one; whoever needs a schema waits. Called once, until it is available again. */
  readonly onUnavailable: (fault: Fault) => void;
  readonly onAvailable: () => void;
}

/** What a schema id stands for. */
export type Resolved =
  | { readonly kind: 'type'; readonly type: avro.Type }
  /** The registry does not know the id (SCHEMA_UNKNOWN), or it is no schema that can be read (RECORD_UNDECODABLE). */
  | { readonly kind: 'refused'; readonly fault: Fault };

/** Schemas by their ids. Each id stands for one schema for ever, so a changed table needs nothing but its new id. */
export interface SchemaLookup {
  /** What is known of an id without asking. */
  typeOf(id: number): Resolved | undefined;
  /**
   * Asks the registry where the id is not known; once for all who wait for the same id. While the registry does not
   * answer, goes on asking. Rejects only when the signal is aborted, with its reason.
   */
  resolve(id: number, signal: AbortSignal): Promise<Resolved>;
}

/** Schemas by their ids, and ids for our own. */
export interface SchemaRegistry extends SchemaLookup {
  /**
   * Resolves as soon as the registry tells of any schema, were it that there is none; `onWaiting` is told at each try. An instance that knows no
   * schema yet would keep the partitions that it is given waiting, while others could go on with them. Rejects only when the signal
   * is aborted, with its reason.
   */
  answers(signal: AbortSignal, onWaiting: () => void): Promise<void>;
  /**
   * The id of our own schema (JSON text) under a subject; it is given one where it is new, and known without asking from then on.
   * While the registry does not answer, goes on asking; `onWaiting` is told at each try. Rejects with a {@link Fault}
   * (SCHEMA_REFUSED) where the registry does not take it at two looks, or when the signal is aborted, with its reason.
   */
  register(subject: string, schema: string, signal: AbortSignal, onWaiting?: () => void): Promise<number>;
}

/** How long an id is taken for unknown before the registry is asked again: a missing schema is not asked once a record. */
const refusedForMs: DurationMs = 30_000;

/** How many such ids are remembered; past it the oldest is forgotten. Corrupt records can name any id. */
const refusedMax = 100;

/**
 * Pause before an id's absence is believed: a registry's replica may lag behind the one that the producer wrote to. And before
 * a refusal of our schema is: of two instances that bring it at once, Apicurio answers one that it is there already (HTTP 409).
 */
const secondLookMs: DurationMs = 250;

/** Opens a registry. Nothing is asked before the first schema is needed. */
export function openRegistry(options: RegistryOptions): SchemaRegistry {
  return new CachingRegistry(options, openRegistryClient(options));
}

/** The search for one id, shared by all who wait for it. */
interface Search {
  readonly found: Promise<Resolved>;
  readonly abandon: AbortController;
  waiting: number;
}

class CachingRegistry implements SchemaRegistry {
  readonly #options: RegistryOptions;
  readonly #client: RegistryClient;
  /** Grows with the versions of the tables' schemas only: every id in it is one that the registry has. */
  readonly #types = new Map<number, Resolved>();
  readonly #refused = new Map<number, { readonly resolved: Resolved; readonly until: MonotonicMs }>();
  readonly #searches = new Map<number, Search>();
  /** The ids and subjects whose last question was not answered. */
  readonly #unanswered = new Set<number | string>();
  #available = true;

  constructor(options: RegistryOptions, client: RegistryClient) {
    this.#options = options;
    this.#client = client;
  }

  typeOf(id: number): Resolved | undefined {
    const type = this.#types.get(id);
    if (type !== undefined) return type;
    const refused = this.#refused.get(id);
    return refused !== undefined && this.#options.clock.monotonic() < refused.until ? refused.resolved : undefined;
  }

  async resolve(id: number, signal: AbortSignal): Promise<Resolved> {
    signal.throwIfAborted();
    const known = this.typeOf(id);
    if (known !== undefined) return known;
    const search = this.#searches.get(id) ?? this.#start(id);
    search.waiting++;
    try {
      return await unlessAborted(search.found, signal);
    } finally {
      search.waiting--;
      if (search.waiting === 0) this.#end(id, search);
    }
  }

  async answers(signal: AbortSignal, onWaiting: () => void): Promise<void> {
    const { clock, retryMs } = this.#options;
    for (;;) {
      signal.throwIfAborted();
      // Any id would do: what it stands for is of no interest.
      const answer = await this.#client.find(1, signal);
      signal.throwIfAborted();
      if (answer.kind !== 'silent') return this.#answered('at start');
      this.#lost('at start', answer.problem);
      onWaiting();
      await clock.sleep(retryMs, signal);
    }
  }

  async register(subject: string, schema: string, signal: AbortSignal, onWaiting?: () => void): Promise<number> {
    const { clock, retryMs } = this.#options;
    for (let refusals = 0; ; ) {
      signal.throwIfAborted();
      const answer = await this.#client.register(subject, schema, signal);
      signal.throwIfAborted();
      if (answer.kind === 'silent') {
        this.#lost(subject, answer.problem);
        onWaiting?.();
        await clock.sleep(retryMs, signal);
        continue;
      }
      this.#answered(subject);
      if (answer.kind === 'refused') {
        refusals++;
        if (refusals === 2) throw new Fault('SCHEMA_REFUSED', { detail: answer.problem });
        await clock.sleep(secondLookMs, signal);
        continue;
      }
      this.#keep(answer.id, avro.Type.forSchema(JSON.parse(schema), { typeHook: annotatingHook() }));
      return answer.id;
    }
  }

  #start(id: number): Search {
    const abandon = new AbortController();
    const search: Search = { found: this.#search(id, abandon.signal), abandon, waiting: 0 };
    this.#searches.set(id, search);
    // Whoever waits hears of it; when nobody waits any more, it is abandoned and rejects unheard.
    search.found.catch(() => undefined);
    return search;
  }

  #end(id: number, search: Search): void {
    search.abandon.abort();
    if (this.#searches.get(id) === search) this.#searches.delete(id);
    this.#unanswered.delete(id);
  }

  async #search(id: number, signal: AbortSignal): Promise<Resolved> {
    const { clock, retryMs } = this.#options;
    for (let looks = 0; ; ) {
      const answer = await this.#client.find(id, signal);
      signal.throwIfAborted();
      if (answer.kind === 'silent') {
        this.#lost(id, answer.problem);
        await clock.sleep(retryMs, signal);
        continue;
      }
      this.#answered(id);
      if (answer.kind === 'found') return this.#keep(id, answer.type);
      if (answer.kind === 'unreadable') return this.#refuse(id, 'RECORD_UNDECODABLE', answer.problem);
      looks++;
      if (looks === 2) return this.#refuse(id, 'SCHEMA_UNKNOWN', answer.problem);
      await clock.sleep(secondLookMs, signal);
    }
  }

  #keep(id: number, type: avro.Type): Resolved {
    const resolved: Resolved = { kind: 'type', type };
    this.#types.set(id, resolved);
    this.#refused.delete(id);
    return resolved;
  }

  #refuse(id: number, code: FaultCode, detail: string): Resolved {
    const resolved: Resolved = { kind: 'refused', fault: new Fault(code, { detail }) };
    this.#refused.delete(id);
    this.#refused.set(id, { resolved, until: monotonic(this.#options.clock.monotonic() + refusedForMs) });
    const [oldest] = this.#refused.keys();
    if (this.#refused.size > refusedMax && oldest !== undefined) this.#refused.delete(oldest);
    return resolved;
  }

  #lost(what: number | string, problem: string): void {
    this.#unanswered.add(what);
    if (!this.#available) return;
    this.#available = false;
    this.#options.onUnavailable(new Fault('REGISTRY_UNREACHABLE', { detail: problem }));
  }

  #answered(what: number | string): void {
    this.#unanswered.delete(what);
    if (this.#available || this.#unanswered.size > 0) return;
    this.#available = true;
    this.#options.onAvailable();
  }
}

/** The promise's value; rejects with the signal's reason when that is aborted first. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
