import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child } from '../stack/child.ts';
import { fetchParts } from '../stack/fetch-parts.ts';
import { Guard } from '../stack/guard.ts';
import { java, propertiesText } from '../stack/java.ts';
import { Part, type Recipe } from '../stack/part.ts';
import { openRunFolder } from '../stack/run-folder.ts';
import { type SelfSigned, selfSignedCertificate } from './certificates.ts';

/** A Kafka broker that wants TLS, a login, and rights. */
export interface SecureKafka extends AsyncDisposable {
  /** TLS with a login: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER (unsigned tokens). */
  readonly withLogin: string;
  /** TLS with a client certificate: {@link clientCertificate}. */
  readonly withCertificate: string;
  /** Neither; everything is allowed. */
  readonly open: string;
  /** Of the broker: it is its own authority. */
  readonly certificate: SelfSigned;
  readonly clientCertificate: SelfSigned;
}

/** May everything, with the password {@link password}; `CN=card-sync` and the token subject `card-sync` may too. */
export const user = 'card-sync';
/** May nothing that it is not given by an ACL; same password. */
export const stranger = 'stranger';
/** Of both users. */
export const password = 'correct horse battery staple';

const stackDir = fileURLToPath(new URL('../../.stack', import.meta.url));
const clusterId = 'c2VjdXJlLWNsdXN0ZXIta2Fma2E';

/** Starts the broker on free ports of 127.0.0.1. */
export async function startSecureKafka(): Promise<SecureKafka> {
  const guard = new Guard();
  try {
    const lib = await fetchParts(stackDir, guard, () => undefined);
    const run = openRunFolder(stackDir, guard);
    const [certificate, clientCertificate] = [selfSignedCertificate('kafka.example'), selfSignedCertificate(user)];
    const folder = join(run.dir, 'secure-kafka');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'broker.pem'), certificate.key + certificate.cert);
    await writeFile(join(folder, 'clients.pem'), clientCertificate.cert);
    const part = new Part(recipe(join(lib, 'kafka', '*'), folder, guard), guard, run, () => undefined);
    await part.start();
    const [withLogin, withCertificate, open] = part.ports.map(port => `127.0.0.1:${port}`);
    return {
      withLogin: withLogin ?? '',
      withCertificate: withCertificate ?? '',
      open: open ?? '',
      certificate,
      clientCertificate,
      [Symbol.asyncDispose]: () => guard.close(),
    };
  } catch (error) {
    await guard.close();
    throw error;
  }
}

function recipe(classPath: string, folder: string, guard: Guard): Recipe {
  const settingsFile = join(folder, 'server.properties');
  return {
    name: 'kafka',
    portCount: 4,
    prepare: async ports => {
      await writeFile(settingsFile, propertiesText(settings(ports, folder)));
      await format(guard, classPath, settingsFile);
    },
    command: () =>
      java({
        classPath,
        main: ['kafka.Kafka'],
        args: [settingsFile],
        heapMb: 256,
        properties: { 'org.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer': 'info' },
      }),
    ready: async (child, _ports, deadlineMs) => {
      await child.line(/Kafka Server started/, deadlineMs);
    },
  };
}

/** SCRAM's credentials are in the cluster's metadata from its first moment. */
async function format(guard: Guard, classPath: string, settingsFile: string): Promise<void> {
  const scram = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap(mechanism => [
    '--add-scram',
    `${mechanism}=[name=${user},password="${password}"]`,
  ]);
  const args = ['format', '--ignore-formatted', '-t', clusterId, '-c', settingsFile, ...scram];
  const child = new Child(guard, java({ classPath, main: ['kafka.tools.StorageTool'], args, heapMb: 128 }));
  const { code } = await child.ended;
  if (code !== 0) throw new Error(`Kafka's storage cannot be formatted:\n${child.tail}`);
}

function settings(ports: readonly number[], folder: string): Record<string, string | number | boolean> {
  const [login, certificate, open, controller] = ports.map(port => `127.0.0.1:${port}`);
  const modules = 'org.apache.kafka.common.security';
  const users = [user, stranger].map(name => `user_${name}="${password}"`).join(' ');
  return {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@${controller}`,
    listeners: `LOGIN://${login},CERTIFICATE://${certificate},OPEN://${open},CONTROLLER://${controller}`,
    'listener.security.protocol.map': 'LOGIN:SASL_SSL,CERTIFICATE:SSL,OPEN:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'OPEN',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': join(folder, 'broker.pem'),
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': join(folder, 'clients.pem'),
    'listener.name.certificate.ssl.client.auth': 'required',
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
    'listener.name.login.plain.sasl.jaas.config': `${modules}.plain.PlainLoginModule required ${users};`,
    'listener.name.login.scram-sha-256.sasl.jaas.config': `${modules}.scram.ScramLoginModule required;`,
    'listener.name.login.scram-sha-512.sasl.jaas.config': `${modules}.scram.ScramLoginModule required;`,
    'listener.name.login.oauthbearer.sasl.jaas.config': `${modules}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': `User:ANONYMOUS;User:${user};User:CN=${user}`,
    'log.dirs': join(folder, 'topics'),
    'log.cleaner.dedupe.buffer.size': 16_777_216,
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,
  };
}
