// The demo where only Docker is there: docker-compose.yml with a shop, until it ends or Ctrl-C. Then all of it is removed.
import type { ChildProcess } from 'node:child_process';
import { Compose, type RunOptions } from '../../stack/containers/compose.ts';
import { readDemoCommand } from '../live/command-line.ts';

const log = (line: string) => console.log(`demo: ${line}`);

/** Commands on this terminal, one after the other; a signal goes to the one that runs, and no other is begun. */
class Stage {
  readonly options: RunOptions = {
    stdio: 'inherit',
    onStart: child => {
      this.#child = child;
    },
  };
  stopping = false;
  #child: ChildProcess | undefined;

  listen(): void {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        this.stopping = true;
        // The terminal gives Ctrl-C to all of us.
        if (signal !== 'SIGINT' || !process.stdin.isTTY) this.#child?.kill(signal);
      });
    }
  }
}

async function main(args: readonly string[]): Promise<number> {
  const command = readDemoCommand(args);
  if (command.kind !== 'run') {
    (command.kind === 'help' ? console.log : console.error)(command.text);
    return command.kind === 'help' ? 0 : 2;
  }
  // Any free ports, and a name of its own: it is in nobody's way.
  const ports = { SANDBOX_PORT: '0', METRICS_PORT: '0', PROMETHEUS_PORT: '0', GRAFANA_PORT: '0' };
  const compose = new Compose(`card-sync-demo-${process.pid}`, { ...ports, DEMO_OPTIONS: args.join(' ') });
  const stage = new Stage();
  stage.listen();
  log('building the images and starting the containers; the first time that takes some minutes');
  try {
    const up = await compose.run(
      ['up', '--detach', '--build', '--wait', 'connector', 'debezium-keeper', 'prometheus'],
      stage.options,
    );
    if (stage.stopping) return 130;
    if (up.code !== 0) {
      log('the containers do not come up; what they say:');
      await compose.run(['logs', '--tail', '20'], stage.options);
      return 1;
    }
    log('the containers are up');
    const played = await compose.run(['run', ...(await shownOn(compose)), ...playing(args)], stage.options);
    return played.code ?? 1;
  } finally {
    log('ending: the containers, their network and their data are removed');
    await compose.remove({ stdio: 'inherit', ownGroup: true });
  }
}

const playing = (args: readonly string[]) => [
  '--rm',
  '--no-deps',
  'generator',
  'test/demo/containers/demo.ts',
  ...args,
];

/** Where this machine reaches the sandbox's page and the metrics, for the live summary. */
async function shownOn(compose: Compose): Promise<string[]> {
  const [sandbox, metrics] = [await compose.addressOf('sandbox', 8080), await compose.addressOf('connector', 9464)];
  return [
    ...(sandbox === '' ? [] : ['--env', `SHOWN_SANDBOX_URL=http://${sandbox}`]),
    ...(metrics === '' ? [] : ['--env', `SHOWN_METRICS_URL=http://${metrics}/metrics`]),
  ];
}

process.exitCode = await main(process.argv.slice(2));
