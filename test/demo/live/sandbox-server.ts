import type { Child } from '../../stack/child.ts';
import type { Stack } from '../../stack/stack.ts';
import type { SandboxCard } from '../compare.ts';
import { script } from './script.ts';

/** The running stand-in of AlipayHK. */
export interface SandboxServer {
  readonly child: Child;
  readonly url: string;
  readonly clientId: string;
  /** Files of the keys that the connector needs. */
  readonly privateKeyFile: string;
  readonly platformPublicKeyFile: string;
  cards(): Promise<SandboxCard[]>;
}

interface Greeting {
  readonly url: string;
  readonly clientId: string;
  readonly privateKeyFile: string;
  readonly platformPublicKeyFile: string;
}

const readyMs = 30_000;

/** Starts the sandbox as a process of its own; its keys are in `folder`. `faults` are as its `--fault` takes them. */
export async function startSandbox(
  stack: Pick<Stack, 'run'>,
  options: { readonly folder: string; readonly logFile: string; readonly faults?: readonly string[] },
): Promise<SandboxServer> {
  const faults = (options.faults ?? []).flatMap(fault => ['--fault', fault]);
  const args = ['--port', '0', '--data-dir', options.folder, '--json', ...faults];
  const child = stack.run(script('test/sandbox/sandbox.ts', args), { file: options.logFile });
  const line = await child.line(/^\{.*"url"/, readyMs).catch(error => {
    throw new Error(`the sandbox does not start: ${error.message}\n${child.tail}`);
  });
  const greeting = JSON.parse(line) as Greeting;
  return {
    child,
    ...greeting,
    cards: async () => {
      // Above the number of cards there can be: the sandbox's own answer is cut at 100.
      const answer = await fetch(`${greeting.url}/sandbox/cards?limit=10000000`);
      return ((await answer.json()) as { cards: SandboxCard[] }).cards;
    },
  };
}
