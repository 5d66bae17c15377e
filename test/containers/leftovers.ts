import { runDocker } from '../stack/containers/compose.ts';

/** Containers, networks and volumes whose names begin with this: none, when a project was removed. */
export async function leftovers(prefix: string): Promise<readonly string[]> {
  const lists = await Promise.all(
    [
      ['ps', '--all', '--format', '{{.Names}}'],
      ['network', 'ls', '--format', '{{.Name}}'],
      ['volume', 'ls', '--format', '{{.Name}}'],
    ].map(async args => (await runDocker(args)).output.split('\n')),
  );
  return lists.flat().filter(name => name.startsWith(prefix));
}
