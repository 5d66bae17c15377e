import { destination, pino, stdTimeFunctions } from 'pino';
import { scrub } from '../kernel/mask.ts';
import { loggable } from './loggable.ts';

/** The levels of lines, least first. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/** What a line says beside its text: see {@link loggable} for what becomes of it. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes JSON lines. Nothing that is handed in can bring a secret or a customer id into a line. */
export interface Logger {
  trace(text: string, fields?: LogFields): void;
  debug(text: string, fields?: LogFields): void;
  info(text: string, fields?: LogFields): void;
  warn(text: string, fields?: LogFields): void;
  error(text: string, fields?: LogFields): void;
  /** Is a line of this level written at all? Asked before a line is made on the hot path. */
  enabled(level: LogLevel): boolean;
}

/** How a logger is made. */
export interface LogOptions {
  /** The least level that is written. */
  readonly level: LogLevel | 'silent';
  /** Where lines go, each with its line break; standard output where it is not given. */
  readonly write?: (line: string) => void;
}

/** A logger of lines `{"level":"info","time":"2026-11-23T10:00:00.000Z",…,"msg":"…"}`. Lines are written at once, so none is lost at the end. */
export function createLogger({ level, write }: LogOptions): Logger {
  const lines = pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
    },
    write ? { write } : destination({ dest: 1, sync: true }),
  );
  const writer = (of: LogLevel) => (text: string, fields?: LogFields) => {
    if (lines.isLevelEnabled(of)) lines[of](fieldsOf(fields), scrub(text));
  };
  return {
    trace: writer('trace'),
    debug: writer('debug'),
    info: writer('info'),
    warn: writer('warn'),
    error: writer('error'),
    enabled: of => lines.isLevelEnabled(of),
  };
}

/** A line is not worth an exception: fields that cannot be read (a getter that throws) are left out. */
function fieldsOf(fields: LogFields | undefined): object {
  try {
    return loggable(fields ?? {}) as object;
  } catch {
    return { fields: '[unreadable]' };
  }
}
