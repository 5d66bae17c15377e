import type { Command } from './child.ts';

/** A Java program of the stack. */
export interface JavaProgram {
  readonly classPath: string;
  /** A class of the class path, or `-jar` and a file. */
  readonly main: readonly string[];
  readonly args?: readonly string[];
  readonly heapMb: number;
  readonly properties?: Readonly<Record<string, string>>;
}

/** The command of a Java program, with the options that make a short-lived server start fast and stay small. */
export function java(program: JavaProgram): Command {
  const properties = Object.entries(program.properties ?? {}).map(([name, value]) => `-D${name}=${value}`);
  return {
    file: 'java',
    args: [
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-Xshare:auto',
      `-Xmx${program.heapMb}m`,
      '-Dorg.slf4j.simpleLogger.showDateTime=true',
      '-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS',
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
      ...properties,
      ...(program.classPath === '' ? [] : ['-cp', program.classPath]),
      ...program.main,
      ...(program.args ?? []),
    ],
  };
}

/** The text of a Java properties file. */
export function propertiesText(entries: Readonly<Record<string, string | number | boolean>>): string {
  return Object.entries(entries)
    .map(([name, value]) => `${name}=${String(value).replaceAll('\\', '\\\\')}\n`)
    .join('');
}
