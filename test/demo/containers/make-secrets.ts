// One-shot of docker-compose.yml: makes what must be secret, where it is missing. Each folder is a volume that only those get who need it.
import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openKeys } from '../../sandbox/keys.ts';

const folder = process.argv[2] ?? '/secrets';
const passwordFile = join(folder, 'database', 'password');
const forConnector = join(folder, 'connector');

const { client, platform } = await openKeys(join(folder, 'sandbox'));
copyFileSync(client.privateKeyFile, join(forConnector, 'merchant-private.pem'));
copyFileSync(platform.publicKeyFile, join(forConnector, 'alipayhk-public.pem'));
// Readable by all: the database, Kafka Connect and the shop run as different users.
if (!existsSync(passwordFile)) writeFileSync(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o444 });
console.log("secrets: the database's password, and the keys of the connector and of the sandbox, are there");
