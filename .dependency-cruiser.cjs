// The walls between the rooms (DESIGN.md, "Rooms"). test/architecture/rooms.test.ts plants one violation of each rule and sees it found.
const inner = '^connector/(kernel|order|mapping|flow)/';
const outer = ['settings', 'source', 'delivery', 'journal', 'dead-letter', 'observe', 'tracing', 'cli'];
// What speaks to a part of the world for several rooms: a driver room, and who may use it.
const drivers = {
  kafka: ['source', 'journal', 'dead-letter', 'cli'],
  keys: ['delivery', 'settings', 'cli'],
  http: ['delivery', 'registry', 'kafka'],
  registry: ['source', 'journal'],
  avro: ['source', 'journal', 'registry'],
};
const all = [...outer, ...Object.keys(drivers)];
const mayUse = (room, other) => room === other || (drivers[other] ?? []).includes(room);

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'A circle of imports has no top to read it from.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'inner-imports-no-world',
      comment: 'Inner rooms think: no node modules (but the hash functions of kernel/digest.ts).',
      severity: 'error',
      from: { path: inner, pathNot: '^connector/kernel/digest\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'inner-imports-no-packages',
      comment:
        'Inner rooms need no packages, but for the mapping: CEL, JSON Schema, linear patterns and the shape of its files.',
      severity: 'error',
      from: { path: inner },
      to: { path: 'node_modules', pathNot: 'node_modules/(@marcbachmann/cel-js|ajv|re2js|zod)/' },
    },
    {
      name: 'only-mapping-imports-packages',
      comment: 'kernel, order and flow import no package at all.',
      severity: 'error',
      from: { path: '^connector/(kernel|order|flow)/' },
      to: { path: 'node_modules' },
    },
    {
      name: 'inner-imports-no-outer',
      comment: 'Inner rooms have no door to the street.',
      severity: 'error',
      from: { path: inner },
      to: { path: `^connector/(${all.join('|')})/` },
    },
    {
      name: 'kernel-imports-nothing',
      comment: 'kernel ← order ← mapping, flow.',
      severity: 'error',
      from: { path: '^connector/kernel/' },
      to: { path: '^connector/(?!kernel/)' },
    },
    {
      name: 'order-imports-kernel-only',
      comment: 'kernel ← order ← mapping, flow.',
      severity: 'error',
      from: { path: '^connector/order/' },
      to: { path: '^connector/(?!kernel/|order/)' },
    },
    {
      name: 'mapping-and-flow-do-not-meet',
      comment: 'main.ts joins them.',
      severity: 'error',
      from: { path: '^connector/(mapping|flow)/' },
      to: { path: '^connector/(mapping|flow)/', pathNot: '^connector/$1/' },
    },
    ...all.map(room => ({
      name: `${room}-meets-no-other-outer-room`,
      comment: 'Outer rooms do not meet; main.ts joins them. Only the driver rooms are shared.',
      severity: 'error',
      from: { path: `^connector/${room}/` },
      to: {
        path: `^connector/(${all.filter(other => !mayUse(room, other)).join('|')})/`,
        // The command line parses and prints; it is the one door for people.
        ...(room === 'cli' ? { pathNot: '^connector/(settings|observe|kafka|keys|dead-letter)/' } : {}),
      },
    })),
    {
      name: 'outer-sees-only-ports-of-flow',
      comment: 'What the flow needs of the world stands in flow/ports.ts.',
      severity: 'error',
      from: { path: `^connector/(${all.join('|')})/` },
      to: { path: '^connector/flow/', pathNot: '^connector/flow/ports\\.ts$' },
    },
    {
      name: 'tools-serve-the-command-line-only',
      comment: 'A tool joins rooms as main.ts does; only the command line calls it.',
      severity: 'error',
      from: { path: '^connector/', pathNot: '^connector/(tools|cli)/' },
      to: { path: '^connector/tools/' },
    },
    {
      name: 'tools-print-nothing',
      comment: 'A tool gives what it found; the command line parses and prints.',
      severity: 'error',
      from: { path: '^connector/tools/' },
      to: { path: '^connector/cli/' },
    },
    {
      name: 'kafkajs-behind-its-port',
      comment: 'kafkajs is unmaintained: one room knows it.',
      severity: 'error',
      from: { path: '^connector/', pathNot: '^connector/kafka/' },
      to: { path: 'node_modules/kafkajs/' },
    },
    {
      name: 'opentelemetry-in-one-room',
      comment: 'Where nothing is traced, nothing of it runs.',
      severity: 'error',
      from: { path: '^connector/', pathNot: '^connector/tracing/' },
      to: { path: 'node_modules/@opentelemetry/' },
    },
    {
      name: 'opentelemetry-sdk-where-it-is-loaded-late',
      comment: 'Its packages are optional: open.ts loads sdk.ts when tracing is on.',
      severity: 'error',
      from: { path: '^connector/', pathNot: '^connector/tracing/sdk\\.ts$' },
      to: { path: 'node_modules/@opentelemetry/(?!api/)' },
    },
    {
      name: 'connector-imports-no-test',
      comment: 'The product does not know its tests.',
      severity: 'error',
      from: { path: '^connector/' },
      to: { path: '^test/' },
    },
    {
      name: 'sandbox-is-independent',
      comment: "The platform's stand-in shares no code with what it judges.",
      severity: 'error',
      from: { path: '^test/sandbox/' },
      to: { path: '^connector/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    parser: 'swc',
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
