import { Fault, type FaultCode } from '../kernel/fault.ts';
import { createLogger, type Logger } from '../observe/log.ts';
import type { Environment } from '../settings/environment.ts';
import type { FileAccess } from '../settings/files.ts';
import { loadSettings } from '../settings/load.ts';
import type { Settings } from '../settings/settings.ts';
import { describeFault, describeProblems, type Paint } from './terminal/print.ts';

/** 0: stopped as asked. 1: a fault or a defect ended it. 2: bad usage or settings; starting again will not help. */
export type ExitCode = 0 | 1 | 2;

/** What a process is told from outside, and by itself of its defects; Node's `process` is one. */
export interface ProcessEvents {
  on(event: 'SIGTERM' | 'SIGINT' | 'uncaughtException', listener: (thrown: unknown) => void): unknown;
  off(event: 'SIGTERM' | 'SIGINT' | 'uncaughtException', listener: (thrown: unknown) => void): unknown;
}

/** What running needs of the machine. */
export interface RunParts {
  readonly environment: Environment;
  readonly files: FileAccess;
  readonly events: ProcessEvents;
  /** Ends the process at once. */
  readonly exit: (code: ExitCode) => void;
  /** Writes to standard error. */
  readonly print: (text: string) => void;
  readonly paint: Paint;
  /** The connector itself: `main` of connector/main.ts. */
  readonly start: (settings: Settings, signal: AbortSignal) => Promise<0 | 1>;
  /** Where lines of the log go; standard output where it is not given. */
  readonly writeLog?: (line: string) => void;
}

/**
 * `card-sync run`: loads the settings and runs the connector until SIGTERM or SIGINT, which drain it; a second signal ends it
 * at once. Prints all problems of the settings, or the fault that ended it. Never rejects.
 */
export async function run(file: string, parts: RunParts): Promise<ExitCode> {
  const { environment, files, events, exit, print, paint, start, writeLog } = parts;
  const loaded = loadSettings({
    file,
    environment,
    ...files,
  });
  if (loaded.kind === 'problems') {
    print(describeProblems(loaded.problems, paint));
    return 2;
  }
  const { settings } = loaded;
  const logger = createLogger({ level: settings.observe.logLevel, ...(writeLog && { write: writeLog }) });
  const stopping = new AbortController();
  const stopListening = listenTo(events, logger, stopping, exit);
  try {
    return await start(settings, stopping.signal);
  } catch (thrown) {
    return endedBy(thrown, logger, parts);
  } finally {
    stopListening();
  }
}

/** The first signal drains, the second ends; a defect that nothing caught is one line of the log and the end. Returns its undoing. */
function listenTo(
  events: ProcessEvents,
  logger: Logger,
  stopping: AbortController,
  exit: (code: ExitCode) => void,
): () => void {
  const stop = () => {
    if (stopping.signal.aborted) exit(1);
    else stopping.abort();
  };
  // An unhandled rejection comes here too: Node throws it.
  const defect = (error: unknown) => {
    logger.error('a defect of the connector ends it', { error });
    exit(1);
  };
  events.on('SIGTERM', stop);
  events.on('SIGINT', stop);
  events.on('uncaughtException', defect);
  return () => {
    events.off('SIGTERM', stop);
    events.off('SIGINT', stop);
    events.off('uncaughtException', defect);
  };
}

/** Faults whose cause is in the settings or in what they name. */
export const settingsFaults: readonly FaultCode[] = ['SETTINGS_INVALID', 'MAPPING_INVALID', 'KEY_INVALID'];

function endedBy(thrown: unknown, logger: Logger, { print, paint }: RunParts): ExitCode {
  if (!(thrown instanceof Fault)) {
    logger.error('a defect of the connector ends it', { error: thrown });
    return 1;
  }
  logger.error('a fault ends the connector', { fault: thrown });
  print(describeFault(thrown, paint));
  return settingsFaults.includes(thrown.code) ? 2 : 1;
}
