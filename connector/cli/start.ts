// What the program does, once it is known that this Node can.
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runProgram } from './program.ts';
import { run } from './run.ts';
import { fileAccess } from './settings/file-access.ts';
import { paintFor } from './terminal/print.ts';

const { env: environment, stdout, stderr } = process;
const printError = (text: string) => void stderr.write(text);

const exitCode = await runProgram(process.argv.slice(2), {
  environment,
  terminal: { out: stdout.isTTY === true, err: stderr.isTTY === true },
  onInterrupt: stop => void process.once('SIGINT', stop).once('SIGTERM', stop),
  print: text => void stdout.write(text),
  printError,
  run: async file => {
    // V8 would let the heap grow to four times what lives in it before it collects.
    setFlagsFromString('--heap-growing-percent=60');
    return run(file, {
      environment,
      files: fileAccess,
      events: process,
      exit: code => process.exit(code),
      print: printError,
      paint: paintFor(stderr.isTTY, environment),
      // Loaded only now: help, version and problems of the settings come at once.
      start: async (settings, signal) => (await import('../main.ts')).main(settings, signal),
    });
  },
});

// Whatever a library still holds open must not keep the process: everything is committed or given back.
process.exit(exitCode);
