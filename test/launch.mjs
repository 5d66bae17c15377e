// Runs the project's commands on a fresh clone. Plain JavaScript without packages, so that any Node from 20 on can start it:
// it installs what is missing, looks for Java and Maven where they are needed, then hands over to the project's own Node 24.
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { constants as osConstants, platform } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const projectNode = join(root, 'node_modules', 'node', 'bin', 'node');
const leastJava = 17;
// What the commands need of the machine beside Node: the program, and Debian's package that brings it.
const machineTools = {
  stack: [{ program: 'mvn', name: 'Maven', debian: 'maven' }],
  test: [
    { program: 'openssl', name: 'OpenSSL', debian: 'openssl' },
    { program: 'promtool', name: 'Prometheus with promtool', debian: 'prometheus' },
    {
      program: 'mariadb-install-db',
      name: 'MariaDB',
      debian: 'mariadb-server-core mariadb-client-core',
      brew: 'mariadb',
    },
    { program: 'chromium', name: 'Chromium', debian: 'chromium' },
    // 1.20 knows no components.
    {
      program: 'kubectl',
      name: 'kubectl 1.25 or newer (Debian 12 has 1.20: there see https://kubernetes.io/docs/tasks/tools)',
      debian: 'kubernetes-client',
      suits: kubectlSuits,
    },
  ],
  screenshots: [{ program: 'chromium', name: 'Chromium', debian: 'chromium' }],
};
const exitMissing = 2;

const commands = {
  demo: {
    entry: ['test/demo/demo.ts'],
    stack: true,
    says: 'the real stack, the sandbox and the connector, live; --docker: in containers',
  },
  test: { entry: ['node_modules/vitest/vitest.mjs', 'run'], stack: true, says: 'all tests' },
  sandbox: { entry: ['test/sandbox/sandbox.ts'], stack: false, says: "AlipayHK's stand-in alone" },
  simulate: { entry: ['test/simulation/simulate.ts'], stack: false, says: 'random histories in a simulated world' },
  bench: { entry: ['test/bench/bench.ts'], stack: true, says: 'the benchmarks' },
  audit: {
    entry: ['test/release/audit.ts'],
    stack: false,
    says: 'known vulnerabilities of what the connector needs to run',
  },
  sbom: { entry: ['test/release/sbom.ts'], stack: false, says: 'what the connector is made of, as CycloneDX' },
  fuzz: { entry: ['test/fuzz/fuzz.ts'], stack: false, says: "a million inputs for what strangers' bytes go into" },
  dashboards: { entry: ['config/grafana/dashboards.ts'], stack: false, says: "writes Grafana's dashboards anew" },
  stack: {
    entry: ['test/stack/stack-cli.ts'],
    stack: true,
    says: 'PostgreSQL, Kafka, Debezium and the registry alone',
  },
  screenshots: { entry: ['test/browser/screenshots.ts'], stack: true, says: "the README's pictures, from a real run" },
  'test:containers': {
    entry: ['node_modules/vitest/vitest.mjs', 'run', '--config', 'vitest.containers.config.ts'],
    stack: false,
    says: 'the tests of the image and of docker-compose.yml, and those on the real parts in containers; needs Docker',
  },
};
const demoInContainers = 'test/demo/containers/compose-demo.ts';

const usage = `node test/launch.mjs <command> [--install] [the command's own options; --help shows them]

${Object.entries(commands)
  .map(([name, { says }]) => `  ${name.padEnd(15)} ${says}`)
  .join('\n')}

  --install  installs what is missing of Java, Maven and the like with apt (Debian, Ubuntu)`;

const dockerAdvice = `Missing: a Docker engine that answers, with the plugin compose.

See that \`docker info\` and \`docker compose version\` work: start Docker, or set DOCKER_HOST.
Without Docker there are: npm run demo, npm test`;

process.exitCode = await main(process.argv.slice(2));

async function main([name = '--help', ...rest]) {
  if (name === '--help' || name === '-h') {
    console.log(usage);
    return 0;
  }
  if (!Object.hasOwn(commands, name)) {
    console.error(`There is no command "${name}".\n\n${usage}`);
    return exitMissing;
  }
  const { entry, stack } = commands[name];
  const args = rest.filter(arg => arg !== '--install' && !(name === 'demo' && arg === '--docker'));
  const installed = await installPackages();
  if (installed !== 0) return installed;
  if ((name === 'demo' && rest.includes('--docker')) || name === 'test:containers') {
    if (!dockerAnswers()) {
      console.error(dockerAdvice);
      return exitMissing;
    }
    return runNode([...(name === 'demo' ? [demoInContainers] : entry), ...args]);
  }
  if (stack && !args.includes('--help')) {
    const tools = [...machineTools.stack, ...(name === 'stack' ? [] : (machineTools[name] ?? []))];
    if (name === 'demo' && !rest.includes('--install') && lacksTools(tools) && dockerAnswers()) {
      console.log('demo: there is no Java or no Maven; Docker runs it');
      return runNode([demoInContainers, ...args]);
    }
    if (!(await ensureTools(tools, rest.includes('--install')))) return exitMissing;
    // Before the tests start, and in sight: they themselves download nothing.
    const fetched = name === 'test' ? await runNode(['test/stack/stack-cli.ts', '--fetch-only']) : 0;
    if (fetched !== 0) return fetched;
  }
  return runNode([...entry, ...args]);
}

// --- npm packages

/**
 * Installs when what is in node_modules is not what package-lock.json asks for; answers npm's exit code. Not with `npm ci`: it refuses
 * a lock file that names not every platform's optional packages, which npm itself writes (npm/cli#4828). `install --no-save` takes the
 * locked versions too, adds those of this platform, and leaves the lock file as it is.
 */
async function installPackages() {
  if (packagesAreInstalled()) return 0;
  const startedAt = Date.now();
  const seconds = () => `${((Date.now() - startedAt) / 1000).toFixed(0)} s`;
  console.log('npm: installing the packages of package-lock.json');
  const timer = setInterval(() => console.log(`npm: still at it, ${seconds()}`), 3000);
  // loglevel error: engine and deprecation warnings say nothing to whoever runs this; errors are shown as they are.
  const args = ['install', '--no-save', '--loglevel=error', '--no-audit', '--no-fund', '--progress=false'];
  const code = await run('npm', args, { env: { ...process.env, PATH: pathWithoutOwnBinaries() } });
  clearInterval(timer);
  if (code === 0 && !existsSync(projectNode)) {
    console.error("npm: the package node has no binary; were install scripts switched off (npm's ignore-scripts)?");
    return 1;
  }
  if (code !== 0) console.error(`npm: failed with code ${code}; its errors are above`);
  return code;
}

/** npm itself notes in node_modules what it has installed; it does so last, so a broken-off install has no note. */
function packagesAreInstalled() {
  if (!existsSync(projectNode)) return false;
  const asked = readPackages(join(root, 'package-lock.json'));
  const found = readPackages(join(root, 'node_modules', '.package-lock.json'));
  return Object.entries(asked).every(
    // Optional ones are those of other platforms.
    ([path, { integrity, optional }]) => path === '' || optional || found[path]?.integrity === integrity,
  );
}

function readPackages(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : {};
}

/** Under `npm run`, node_modules/.bin leads PATH: npm would then run on the very Node that it is about to replace. */
function pathWithoutOwnBinaries() {
  const own = join(root, 'node_modules', '.bin');
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter(folder => folder !== own)
    .join(delimiter);
}

// --- Java, Maven and what the tests need

async function ensureTools(tools, install) {
  useJavaHome();
  let missing = missingTools(tools);
  if (missing.length > 0 && install && isDebian()) {
    await installWithApt(missing);
    missing = missingTools(tools);
  }
  if (missing.length === 0) return true;
  console.error(adviceFor(missing));
  return false;
}

function lacksTools(tools) {
  useJavaHome();
  return missingTools(tools).length > 0;
}

function missingTools(tools) {
  const java = javaVersion('java');
  const found = java === undefined ? '' : ` (found ${java})`;
  const javaTool = { name: `Java ${leastJava} or newer${found}`, debian: `openjdk-${leastJava}-jre-headless` };
  return [
    ...((java ?? 0) < leastJava ? [javaTool] : []),
    ...tools.filter(({ program, suits }) => !isOnPath(program) || suits?.() === false),
  ];
}

/** It brings Kustomize along, which is all that the tests use of it. */
function kubectlSuits() {
  const { stdout } = spawnSync('kubectl', ['version', '--client', '--output=json'], { encoding: 'utf8' });
  const [, major, minor] = /"gitVersion": "v(\d+)\.(\d+)/.exec(stdout ?? '') ?? [];
  return Number(major) > 1 || Number(minor) >= 25;
}

/** Puts the Java of JAVA_HOME first where the one of PATH is missing or too old. */
function useJavaHome() {
  const home = process.env.JAVA_HOME;
  if (home === undefined || (javaVersion('java') ?? 0) >= leastJava) return;
  if ((javaVersion(join(home, 'bin', 'java')) ?? 0) < leastJava) return;
  process.env.PATH = `${join(home, 'bin')}${delimiter}${process.env.PATH ?? ''}`;
}

/** The major version, e.g. 17; undefined where it does not run (macOS has a `java` that only says that there is none). */
function javaVersion(java) {
  const { stderr } = spawnSync(java, ['-version'], { encoding: 'utf8' });
  const version = /version "(?:1\.)?(\d+)/.exec(stderr ?? '')?.[1];
  return version === undefined ? undefined : Number(version);
}

function isOnPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some(folder => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function isDebian() {
  if (!existsSync('/etc/os-release') || !isOnPath('apt-get')) return false;
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'));
}

async function installWithApt(missing) {
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo'];
  const apt = (...args) => {
    const [program, ...all] = [...asRoot, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args];
    return run(program, all);
  };
  console.log(`apt: installing ${missing.map(({ name }) => name).join(', ')}`);
  if ((await apt('update', '-q')) !== 0) return;
  const install = packages => apt('install', '-y', '-q', '--no-install-recommends', ...packages);
  const packages = missing.flatMap(({ debian }) => debian.split(' '));
  // Debian 13 has Java 21 only.
  if ((await install(packages)) !== 0) await install(packages.map(name => name.replace(/^openjdk-17/, 'openjdk-21')));
}

function adviceFor(missing) {
  const packages = missing.map(({ debian }) => debian).join(' ');
  const ways = {
    linux: isDebian()
      ? `  sudo apt-get update && sudo apt-get install ${packages}
or let this command do it: add --install (with npm: npm test -- --install)`
      : '  with the package manager of your system (on Debian and Ubuntu --install does it)',
    darwin: `  brew install ${missing.map(({ debian, brew }) => brew ?? debian.replace(/^openjdk-(\d+).*/, 'openjdk@$1')).join(' ')}
and for Java: export PATH="$(brew --prefix openjdk@17)/bin:$PATH"`,
  };
  return `Missing: ${missing.map(({ name }) => name).join(', ')}.

Install them:
${ways[platform()] ?? '  with the package manager of your system (Windows: inside WSL 2)'}

The demo runs in containers too, where Docker with its plugin compose is there: \`docker compose up\`, or npm run demo -- --docker`;
}

// --- Docker

/** Whether an engine answers, and its client has the plugin compose. */
function dockerAnswers() {
  return [['info'], ['compose', 'version']].every(args => spawnSync('docker', args).status === 0);
}

// --- running

function runNode(args) {
  const quiet = ['--disable-warning=TimeoutNegativeWarning', '--disable-warning=ExperimentalWarning'];
  const own = join(root, 'node_modules', '.bin');
  const env = { ...process.env, PATH: `${own}${delimiter}${pathWithoutOwnBinaries()}` };
  return run(projectNode, [...quiet, ...args], { env });
}

/** Runs a program in the project's folder with our terminal, passes signals on, and answers its exit code (128 + the signal's number where one ended it). */
function run(program, args, { env = process.env } = {}) {
  const child = spawn(program, args, { cwd: root, stdio: 'inherit', env });
  const pass = signal => {
    // The terminal gives Ctrl-C to all of us; a second one would mean "at once" to the child.
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    child.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, pass);
  return new Promise(resolve => {
    child.once('error', error => {
      console.error(`${program} cannot be started: ${error.message}`);
      resolve(1);
    });
    child.once('exit', (code, signal) => {
      for (const name of signals) process.off(name, pass);
      resolve(code ?? 128 + (osConstants.signals[signal] ?? 0));
    });
  });
}
