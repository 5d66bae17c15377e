import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ContainerRuntimeClient,
  GenericContainer,
  type StartedTestContainer,
  StartupCheckStrategy,
} from 'testcontainers';
import { type Log, seconds } from '../log.ts';
import type { RunNetwork } from './engine.ts';

/** What is peculiar to a container; {@link ContainerPart} has what all share. */
export interface ContainerRecipe {
  readonly name: string;
  readonly image: string;
  /** Ports of the container, each on a port of 127.0.0.1: it keeps that when it is started again. */
  readonly ports: Readonly<Record<number, number>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
  /** Contents of files, by their paths. */
  readonly files?: Readonly<Record<string, string>>;
  /** The signal that ends it in an orderly way. Default SIGTERM. */
  readonly endSignal?: NodeJS.Signals;
  /** Whether it can be used; may throw while it cannot. */
  ready(): Promise<boolean>;
}

const readyMs = 90_000;
const endGraceMs = 10_000;

/** Whether a server can be used is asked of itself, also when it is started again. */
class NoWait extends StartupCheckStrategy {
  override checkStartupState() {
    return Promise.resolve('SUCCESS' as const);
  }
}

/** One server in a container: it is started, ended and started again on the same ports with the same data. */
export class ContainerPart {
  readonly name: string;
  readonly #recipe: ContainerRecipe;
  readonly #engine: ContainerRuntimeClient;
  readonly #network: RunNetwork;
  readonly #log: Log;
  #container: StartedTestContainer | undefined;

  constructor(recipe: ContainerRecipe, engine: ContainerRuntimeClient, network: RunNetwork, log: Log) {
    this.name = recipe.name;
    this.#recipe = recipe;
    this.#engine = engine;
    this.#network = network;
    this.#log = log;
  }

  /** Starts it and waits until it can be used. Throws with its last lines when it does not come up. */
  async start(): Promise<void> {
    const startedAt = performance.now();
    if (this.#container === undefined) this.#container = await this.#create();
    else if (!(await this.#isRunning())) await this.#handle().start();
    await this.#untilReady();
    this.#log(`${this.name} is up after ${seconds(performance.now() - startedAt)}`);
  }

  /** Ends it in its orderly way, or by SIGKILL, and waits until it is gone. Its data stays. */
  async end(how: 'orderly' | 'kill' = 'orderly'): Promise<void> {
    if (!(await this.#isRunning())) return;
    const ended = this.#handle().wait();
    await this.#handle().kill({ signal: how === 'kill' ? 'SIGKILL' : (this.#recipe.endSignal ?? 'SIGTERM') });
    const inTime = new AbortController();
    const late = sleep(endGraceMs, 'late', { signal: inTime.signal }).catch(() => undefined);
    if ((await Promise.race([ended, late])) === 'late') await this.#handle().kill({ signal: 'SIGKILL' });
    inTime.abort();
    await ended;
  }

  /** Removes it with its data. */
  async remove(): Promise<void> {
    await this.#container?.stop({ timeout: 0, removeVolumes: true });
  }

  async #create(): Promise<StartedTestContainer> {
    const { image, ports, environment = {}, command, files = {} } = this.#recipe;
    const container = new GenericContainer(image)
      .withName(this.#network.hostOf(this.name))
      .withNetworkMode(this.#network.name)
      .withExposedPorts(...Object.entries(ports).map(([inside, host]) => ({ container: Number(inside), host })))
      .withEnvironment({ ...environment })
      .withCopyContentToContainer(Object.entries(files).map(([target, content]) => ({ target, content, mode: 0o644 })))
      .withWaitStrategy(new NoWait());
    return (command === undefined ? container : container.withCommand([...command])).start();
  }

  #handle() {
    if (this.#container === undefined) throw new Error(`${this.name} was not started`);
    return this.#engine.container.getById(this.#container.getId());
  }

  async #isRunning(): Promise<boolean> {
    return (await this.#handle().inspect()).State.Running;
  }

  async #untilReady(): Promise<void> {
    const deadline = performance.now() + readyMs;
    let why: unknown = 'it does not answer';
    while (performance.now() < deadline) {
      try {
        if (await this.#recipe.ready()) return;
      } catch (error) {
        why = error;
      }
      if (!(await this.#isRunning())) throw new Error(`${this.name} ended:\n${await this.#lastLines()}`);
      await sleep(100);
    }
    throw new Error(`${this.name} cannot be used within ${seconds(readyMs)}: ${why}\n${await this.#lastLines()}`);
  }

  async #lastLines(): Promise<string> {
    return textOf(await this.#handle().logs({ stdout: true, stderr: true, tail: 40 }));
  }
}

/** Docker puts eight bytes before each piece of a container's output: which stream, and in the last four how long. */
function textOf(log: Buffer): string {
  const pieces: string[] = [];
  for (let at = 0; at + 8 <= log.length; ) {
    const end = at + 8 + log.readUInt32BE(at + 4);
    pieces.push(log.toString('utf8', at + 8, end));
    at = end;
  }
  return pieces.join('');
}
