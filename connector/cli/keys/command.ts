import { type Command, Option } from 'commander';
import type { SignatureAlgorithm } from '../../keys/read-key.ts';
import type { CommandSetup } from '../terminal/output.ts';
import { paintFor } from '../terminal/print.ts';

interface GenerateFlags {
  readonly out: string;
  readonly algorithm: SignatureAlgorithm;
  readonly passphraseFile?: string;
  readonly json?: boolean;
}

interface CheckFlags {
  readonly config?: string;
  readonly privateKey?: string;
  readonly publicKey?: string;
  readonly passphraseFile?: string;
  readonly json?: boolean;
}

const exitCodes = `
Exit codes:
  0  done, or all keys can be used
  1  the files could not be written
  2  bad usage, a file that exists already, or a key that cannot be used
`;

/** Adds `keys generate` and `keys check`. */
export function addKeysCommands(program: Command, { settingsFile, done, ...parts }: CommandSetup): void {
  const keys = program.command('keys').description('make and check signing keys');
  keys
    .command('generate')
    .description('make a key pair, and say what to give AlipayHK')
    .requiredOption('-o, --out <folder>', 'folder for merchant-private.pem and merchant-public.pem')
    .addOption(
      new Option('-a, --algorithm <name>', 'RSA256 is RSA-2048; ECC224 the curve secp224r1')
        .choices(['RSA256', 'ECC224'])
        .default('RSA256'),
    )
    .option('--passphrase-file <file>', 'encrypt the private key with the passphrase in this file')
    .option('--json', 'print one JSON object')
    .addHelpText('after', exitCodes)
    .action(async (flags: GenerateFlags) => {
      // Loaded only now: the other commands need none of it.
      const { generateKeys } = await import('./generate.ts');
      done(await generateKeys(flags, parts));
    });
  keys
    .command('check')
    .description('read the keys of the settings, or those given, as the connector would')
    .option('-c, --config <file>', 'settings file, as for run')
    .option('--private-key <file>', 'check this private key instead of those of the settings')
    .option('--public-key <file>', 'check this public key instead of those of the settings')
    .option('--passphrase-file <file>', 'file of the passphrase of --private-key')
    .option('--json', 'print one JSON object')
    .addHelpText('after', exitCodes)
    .action(async ({ config, ...flags }: CheckFlags) => {
      const { checkKeys } = await import('./check.ts');
      const paint = paintFor(false, parts.environment);
      done(checkKeys({ ...flags, config: settingsFile(config) }, parts, paint));
    });
}
