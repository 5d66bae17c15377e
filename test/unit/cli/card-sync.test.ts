import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const bin = join(import.meta.dirname, '../../../connector/cli/card-sync.ts');

async function cardSync(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const env = { PATH: process.env.PATH, ...environment };
  const ended = await promisify(execFile)(process.execPath, [bin, ...args], { env }).catch(failed => failed);
  return { code: ended.code ?? 0, out: String(ended.stdout), errors: String(ended.stderr) };
}

describe('the program card-sync', () => {
  it('ends with the exit codes it documents', async () => {
    const [version, unknown, unreadable] = await Promise.all([
      cardSync(['--version']),
      cardSync(['unknown']),
      cardSync(['run'], { CARD_SYNC_CONFIG: 'no/such.yaml', CARD_SYNC_FLOW_X: '1' }),
    ]);
    expect(version).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), errors: '' });
    expect(unknown).toMatchObject({ code: 2, out: '', errors: expect.stringContaining("unknown command 'unknown'") });
    expect(unreadable).toMatchObject({ code: 2, out: '' });
    expect(unreadable.errors).toMatch(
      /2 problems[\s\S]*CARD_SYNC_FLOW_X[\s\S]*no\/such\.yaml[\s\S]*the file does not exist/,
    );
  });
});
