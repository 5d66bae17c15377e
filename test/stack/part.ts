import { join } from 'node:path';
import { Child, type Command } from './child.ts';
import type { Guard } from './guard.ts';
import { type Log, seconds } from './log.ts';
import { choosePorts } from './ports.ts';
import type { RunFolder } from './run-folder.ts';

/** The parts of the stack; MariaDB runs only where it is asked for. */
export const partNames = ['postgres', 'mariadb', 'kafka', 'registry', 'connect'] as const;

/** The name of one of them. */
export type PartName = (typeof partNames)[number];

/** What is peculiar to a part; {@link Part} has what all share. */
export interface Recipe {
  readonly name: PartName;
  readonly portCount: number;
  /** Makes what the program needs on disk. Called before every start; must leave data of an earlier start as it is. */
  prepare(ports: readonly number[]): Promise<void>;
  command(ports: readonly number[]): Command;
  /** Resolves when the part can be used; rejects when `deadlineMs` has passed or the child has ended. */
  ready(child: Child, ports: readonly number[], deadlineMs: number): Promise<void>;
}

const startDeadlineMs = 90_000;
const endGraceMs = 5_000;
const addressInUse = /address already in use|already bound/i;

/** One server of the stack: it is started, ended and started again on the same ports with the same data. */
export class Part {
  readonly name: PartName;
  readonly #recipe: Recipe;
  readonly #guard: Guard;
  readonly #run: RunFolder;
  readonly #log: Log;
  #ports: readonly number[] = [];
  #child: Child | undefined;

  constructor(recipe: Recipe, guard: Guard, run: RunFolder, log: Log) {
    this.name = recipe.name;
    this.#recipe = recipe;
    this.#guard = guard;
    this.#run = run;
    this.#log = log;
  }

  /** The ports it has had since its first start. */
  get ports(): readonly number[] {
    return this.#ports;
  }

  /** Starts it and waits until it can be used. The first start chooses the ports. Throws with the part's last lines when it does not come up. */
  async start(): Promise<void> {
    if (this.#child?.living) return;
    const startedAt = performance.now();
    if (this.#ports.length > 0) {
      await this.#launch();
    } else {
      this.#ports = await choosePorts(this.#recipe.portCount);
      // Somebody may have taken a port since it was chosen: once more with others, for this reason only.
      await this.#launch().catch(async error => {
        if (!addressInUse.test(this.#child?.tail ?? '')) throw error;
        this.#ports = await choosePorts(this.#recipe.portCount);
        await this.#launch();
      });
    }
    this.#log(`${this.name} is up after ${seconds(performance.now() - startedAt)}`);
  }

  /** Ends it in its orderly way, or by SIGKILL, and waits until it is gone. Its data stays. */
  async end(how: 'orderly' | 'kill' = 'orderly'): Promise<void> {
    await this.#child?.end(how === 'orderly' ? endGraceMs : 0);
  }

  async #launch(): Promise<void> {
    await this.#recipe.prepare(this.#ports);
    const file = join(this.#run.logs, `${this.name}.log`);
    const child = new Child(this.#guard, this.#recipe.command(this.#ports), { file });
    this.#child = child;
    try {
      await this.#recipe.ready(child, this.#ports, startDeadlineMs);
    } catch (error) {
      await child.end(0);
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`${this.name} does not start: ${why}\n${child.tail}`, { cause: error });
    }
  }
}
