import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ProvidedContext } from 'vitest';
import { Child } from '../stack/child.ts';
import { ContainerPart, type ContainerRecipe } from '../stack/containers/container-part.ts';
import { meetEngine, openNetwork } from '../stack/containers/engine.ts';
import { images, kafkaAnswers } from '../stack/containers/recipes.ts';
import { fetchParts } from '../stack/fetch-parts.ts';
import { Guard } from '../stack/guard.ts';
import { java, propertiesText } from '../stack/java.ts';
import { Part, type Recipe } from '../stack/part.ts';
import { choosePorts } from '../stack/ports.ts';
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

/** Starts the broker on free ports of 127.0.0.1, as what the rest of the stack is. */
export function startSecureKafka(kind: ProvidedContext['stackKind']): Promise<SecureKafka> {
  const [certificate, clientCertificate] = [selfSignedCertificate('kafka.example'), selfSignedCertificate(user)];
  const certificates = { certificate, clientCertificate };
  return kind === 'containers' ? inContainer(certificates) : asProgram(certificates);
}

type Certificates = Pick<SecureKafka, 'certificate' | 'clientCertificate'>;

async function asProgram(certificates: Certificates): Promise<SecureKafka> {
  const guard = new Guard();
  try {
    const lib = await fetchParts(stackDir, guard, () => undefined);
    const run = openRunFolder(stackDir, guard);
    const folder = join(run.dir, 'secure-kafka');
    await mkdir(folder, { recursive: true });
    for (const [file, content] of Object.entries(keyStores(certificates))) await writeFile(join(folder, file), content);
    const part = new Part(recipe(join(lib, 'kafka', '*'), folder, guard), guard, run, () => undefined);
    await part.start();
    return { ...addressesAt(part.ports), ...certificates, [Symbol.asyncDispose]: () => guard.close() };
  } catch (error) {
    await guard.close();
    throw error;
  }
}

async function inContainer(certificates: Certificates): Promise<SecureKafka> {
  const engine = await meetEngine();
  const network = await openNetwork(engine, `card-sync-${randomUUID().slice(0, 8)}`);
  const ports = await choosePorts(3);
  const part = new ContainerPart(containerRecipe(ports, certificates), engine, network, () => undefined);
  const remove = async () => {
    await part.remove();
    await network.remove();
  };
  try {
    await part.start();
    return { ...addressesAt(ports), ...certificates, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

function addressesAt(ports: readonly number[]): Pick<SecureKafka, 'withLogin' | 'withCertificate' | 'open'> {
  const [withLogin = '', withCertificate = '', open = ''] = ports.map(port => `127.0.0.1:${port}`);
  return { withLogin, withCertificate, open };
}

function keyStores({ certificate, clientCertificate }: Certificates): Record<string, string> {
  return { 'broker.pem': certificate.key + certificate.cert, 'clients.pem': clientCertificate.cert };
}

function containerRecipe(ports: readonly number[], certificates: Certificates): ContainerRecipe {
  const folder = '/etc/kafka/secrets';
  const settingsFile = `${folder}/server.properties`;
  const [login = 0, certificate = 0, open = 0] = ports;
  const text = propertiesText({
    ...settings(
      ['', '', '', 'localhost'].map((host, n) => `${host}:${9092 + n}`),
      folder,
    ),
    'advertised.listeners': listenersOf(ports.map(port => `127.0.0.1:${port}`)),
    'log.dirs': '/tmp/topics',
  });
  const storageTool = ['/opt/kafka/bin/kafka-run-class.sh', 'kafka.tools.StorageTool'];
  const format = [...storageTool, ...formatArgs(settingsFile)].map(arg => `'${arg}'`).join(' ');
  const files = Object.entries(keyStores(certificates)).map(([file, content]) => [`${folder}/${file}`, content]);
  return {
    name: 'secure-kafka',
    image: images.kafka,
    ports: { 9092: login, 9093: certificate, 9094: open },
    files: { [settingsFile]: text, ...Object.fromEntries(files) },
    command: ['bash', '-c', `${format} && exec /opt/kafka/bin/kafka-server-start.sh ${settingsFile}`],
    ready: () => kafkaAnswers(`127.0.0.1:${open}`),
  };
}

function recipe(classPath: string, folder: string, guard: Guard): Recipe {
  const settingsFile = join(folder, 'server.properties');
  return {
    name: 'kafka',
    portCount: 4,
    prepare: async ports => {
      await writeFile(
        settingsFile,
        propertiesText(
          settings(
            ports.map(port => `127.0.0.1:${port}`),
            folder,
          ),
        ),
      );
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

async function format(guard: Guard, classPath: string, settingsFile: string): Promise<void> {
  const args = formatArgs(settingsFile);
  const child = new Child(guard, java({ classPath, main: ['kafka.tools.StorageTool'], args, heapMb: 128 }));
  const { code } = await child.ended;
  if (code !== 0) throw new Error(`Kafka's storage cannot be formatted:\n${child.tail}`);
}

/** SCRAM's credentials are in the cluster's metadata from its first moment. */
function formatArgs(settingsFile: string): string[] {
  const scram = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap(mechanism => [
    '--add-scram',
    `${mechanism}=[name=${user},password="${password}"]`,
  ]);
  return ['format', '--ignore-formatted', '-t', clusterId, '-c', settingsFile, ...scram];
}

function listenersOf([login, certificate, open]: readonly string[]): string {
  return `LOGIN://${login},CERTIFICATE://${certificate},OPEN://${open}`;
}

/** `hosts` are those of the listeners, each `host:port`: with a login, with a certificate, open, and the controller's. */
function settings(hosts: readonly string[], folder: string): Record<string, string | number | boolean> {
  const [, , , controller] = hosts;
  const modules = 'org.apache.kafka.common.security';
  const users = [user, stranger].map(name => `user_${name}="${password}"`).join(' ');
  return {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@${controller}`,
    listeners: `${listenersOf(hosts)},CONTROLLER://${controller}`,
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
