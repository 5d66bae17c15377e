import { createHash } from 'node:crypto';
import { Fault, messageOf } from '../kernel/fault.ts';
import type { KeyMaterial } from '../kernel/key-material.ts';
import type { Clock, DurationMs } from '../kernel/time.ts';
import { type KeyRing, type KeySource, openKeyRing } from './key-ring.ts';
import { hasFiles, type ReadFile, rereadKeys } from './reread.ts';

/** What watching needs of the world, and tells it. */
export interface KeyWatchParts {
  readonly clock: Clock;
  readonly read: ReadFile;
  /** Pause between two looks. */
  readonly intervalMs: DurationMs;
  /** The files hold other keys, which are in use from now on. */
  readonly onTaken: (ring: KeyRing) => void;
  /** The files hold what cannot be used; the keys in use stay. Told once for each content. */
  readonly onRefused: (fault: Fault) => void;
}

/** The keys in use, exchanged when their files change. */
export interface WatchedKeys extends KeySource, AsyncDisposable {}

/**
 * Reads the keys, and looks at their files again and again (a secret mounted by Kubernetes is exchanged by a symbolic link,
 * of which file watching tells nothing reliable). What is found is taken when a second look finds the same: so a file half
 * written, or a key whose version comes a moment later, is not. Throws a Fault KEY_INVALID for keys that cannot be used at start.
 */
export function watchKeys(material: KeyMaterial, parts: KeyWatchParts): WatchedKeys {
  return new KeyWatch(material, parts);
}

/** What one look found: keys or why there are none, and a digest that tells it from others. */
interface Look {
  readonly digest: string;
  readonly found: KeyMaterial | Fault;
}

class KeyWatch implements WatchedKeys {
  readonly #parts: KeyWatchParts;
  readonly #material: KeyMaterial;
  readonly #stopping = new AbortController();
  readonly #watching: Promise<void>;
  #current: KeyRing;
  /** What the last look found, and what was last decided on: taken or refused. */
  #seen: string;
  #decided: string;

  constructor(material: KeyMaterial, parts: KeyWatchParts) {
    this.#parts = parts;
    this.#material = material;
    this.#current = openKeyRing(material);
    this.#seen = digestOf(material);
    this.#decided = this.#seen;
    this.#watching = hasFiles(material) ? this.#watch() : Promise.resolve();
  }

  get current(): KeyRing {
    return this.#current;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    const { clock, intervalMs } = this.#parts;
    const { signal } = this.#stopping;
    for (;;) {
      await clock.sleep(intervalMs, signal);
      if (signal.aborted) return;
      const look = await this.#look();
      const isSettled = look.digest === this.#seen;
      this.#seen = look.digest;
      if (!isSettled || look.digest === this.#decided) continue;
      this.#decided = look.digest;
      this.#decide(look.found);
    }
  }

  async #look(): Promise<Look> {
    try {
      const found = await rereadKeys(this.#material, this.#parts.read);
      return { digest: digestOf(found), found };
    } catch (error) {
      const found = faultOf(error);
      return { digest: found.detail, found };
    }
  }

  #decide(found: KeyMaterial | Fault): void {
    const { onTaken, onRefused } = this.#parts;
    try {
      if (found instanceof Fault) throw found;
      this.#current = openKeyRing(found);
    } catch (error) {
      onRefused(faultOf(error));
      return;
    }
    onTaken(this.#current);
  }
}

/** Nothing that goes wrong while looking may end the watch. */
function faultOf(error: unknown): Fault {
  return error instanceof Fault ? error : new Fault('KEY_INVALID', { detail: messageOf(error) });
}

function digestOf({ privateKey, passphrase, keyVersion, publicKeys }: KeyMaterial): string {
  const parts = [privateKey.reveal(), passphrase?.reveal() ?? '', String(keyVersion)];
  const all = [...parts, ...publicKeys.map(({ publicKey }) => publicKey)];
  return createHash('sha256').update(JSON.stringify(all)).digest('hex');
}
