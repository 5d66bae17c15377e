// Owns a guard, a child and a folder, for guard.test.ts: arguments are the folder and a port. The child connects to the port, so that
// its end can be seen there. With "stubborn" the child does not end by SIGTERM.
import { Child } from '../../stack/child.ts';
import { Guard } from '../../stack/guard.ts';

const [folder = '', port = '', manner = ''] = process.argv.slice(2);
const source = `
  ${manner === 'stubborn' ? "process.on('SIGTERM', () => {});" : ''}
  require('node:net').connect(${port}, '127.0.0.1').on('error', () => {});
`;
const guard = new Guard();
guard.removeAtEnd(folder);
const child = new Child(guard, { file: process.execPath, args: ['-e', source] });
process.on('SIGUSR1', async () => {
  await guard.close();
  process.stdout.write(`closed, child ${child.living ? 'lives' : 'ended'}\n`, () => process.exit(0));
});
