import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { choosePorts } from '../../stack/ports.ts';

it('chooses ports that can be bound, none of them twice', async () => {
  // So many that chance alone would choose one twice.
  const chosen = [...(await choosePorts(300)), ...(await choosePorts(300))];
  expect(new Set(chosen).size).toBe(600);
  for (const port of chosen.slice(0, 5)) await bound(port);
});

it('keeps out of the range that outgoing connections take their ports from', async () => {
  const chosen = await choosePorts(30);
  expect(Math.min(...chosen)).toBeGreaterThanOrEqual(20_000);
  expect(Math.max(...chosen)).toBeLessThan(32_768);
});

function bound(port: number): Promise<void> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => server.close(() => resolve()));
  });
}
