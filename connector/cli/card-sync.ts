#!/usr/bin/env -S MALLOC_ARENA_MAX=1 node --max-semi-space-size=8 --disable-warning=TimeoutNegativeWarning
// kafkajs reckons with negative time-outs (its issue 1751), of which Node warns once.
// Its memory is bounded from the first line on (measured in test/bench, README.md there): V8's own young generation of 32 to
// 64 MB makes it no faster, and glibc would keep a heap for each thread that signs.
//
// Imports nothing of ours before it knows its Node: an older one would stumble over the first thing that it lacks.
import process from 'node:process';

/** AsyncDisposableStack came with 24; package.json, `engines`, says the same. */
const leastNode = 24;
const { execPath, stderr, versions } = process;

if (Number.parseInt(versions.node, 10) < leastNode) {
  stderr.write(
    `card-sync needs Node ${leastNode} or newer, and ${execPath} is ${versions.node}: put a newer one first on PATH, or into this project with npm install node@${leastNode}\n`,
  );
  process.exit(2);
}
await import('./start.ts');
