import { describe, expect, it } from 'vitest';
import { readCommandLine } from '../../sandbox/command-line.ts';

const read = (line: string) => readCommandLine(line === '' ? [] : line.split(' '));

describe('the command line', () => {
  it.each<[string, Record<string, unknown>, boolean]>([
    ['', {}, false],
    ['--port 8080 --host 0.0.0.0 --data-dir d --json', { port: 8080, host: '0.0.0.0', folder: 'd' }, true],
    ['--latency 20 --seed 3 --journal-limit 5', { latencyMs: 20, seed: 3, journalMax: 5 }, false],
    ['--no-signature-check --answers unsigned', { verifySignatures: false, signAnswers: false }, false],
    ['--answers signed --journal-file', { signAnswers: true, journalFile: true }, false],
    ['--allow-host sandbox --allow-host b', { hostNames: ['sandbox', 'b'] }, false],
    ['--algorithm ECC224', { algorithm: 'ECC224' }, false],
    ['--client-id C --key-version 2', { clientId: 'C', keyVersion: 2 }, false],
    [
      '--unknown-templates refuse --templates a --templates b',
      { unknownTemplates: 'refuse', templateFolders: ['a', 'b'] },
      false,
    ],
  ])('%s', (line, options, json) => {
    expect(read(line)).toEqual({ kind: 'start', options: { faults: [], ...options }, json });
  });

  it('takes several faults', () => {
    expect(read('--fault http,status=500,rate=0.1 --fault timeout,count=1')).toMatchObject({
      options: {
        faults: [
          { name: 'http-500', rate: 0.1 },
          { name: 'timeout', count: 1 },
        ],
      },
    });
  });

  it('tells all that is wrong at once', () => {
    const wrong = read('--port 70000 --answers maybe --fault nonsense --latency x');
    expect(wrong.kind).toBe('wrong');
    for (const word of ['--port', '--answers', '--fault nonsense', '--latency'])
      expect(wrong).toHaveProperty('text', expect.stringContaining(word));
  });

  it.each(['--prot 1', 'stray', '--port'])('refuses %s', line => {
    expect(read(line).kind).toBe('wrong');
  });

  it('helps, naming each option it takes', () => {
    const help = read('--help');
    expect(help.kind).toBe('help');
    for (const option of ['--port', '--fault', '--seed', '--answers', '--templates']) {
      expect(help).toHaveProperty('text', expect.stringContaining(option));
    }
  });
});
