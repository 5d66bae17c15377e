import { styleText } from 'node:util';
import { type Fault, faultTable } from '../../kernel/fault.ts';
import { scrub } from '../../kernel/mask.ts';
import { formatPosition } from '../../kernel/position.ts';
import type { SettingsProblem } from '../../settings/problems.ts';

type Style = Parameters<typeof styleText>[0];

/** Puts a text in a colour, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

/** Paints where a person looks on: on a terminal, unless NO_COLOR (no-color.org) or TERM say otherwise. */
export function paintFor(isTerminal: boolean, environment: Readonly<Record<string, string | undefined>>): Paint {
  const coloured = isTerminal && !environment.NO_COLOR && environment.TERM !== 'dumb';
  return coloured ? (style, text) => styleText(style, text, { validateStream: false }) : (_, text) => text;
}

/** All problems of the settings: key and place, what is wrong, what to do. */
export function describeProblems(problems: readonly SettingsProblem[], paint: Paint): string {
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  const blocks = problems.map(({ path, source, problem, hint }) => {
    const head = path === '' ? paint('bold', source) : `${paint('bold', path)} ${paint('dim', `(${source})`)}`;
    return [`  ${head}`, `    ${problem}`, ...(hint === undefined ? [] : [`    ${paint('cyan', hint)}`])].join('\n');
  });
  return `${paint('red', `card-sync cannot start: ${count} with its settings`)}\n\n${blocks.join('\n\n')}\n`;
}

/** A fault as one paragraph: its code, what happened, where, and what to do. No stack: it is no defect. */
export function describeFault(fault: Fault, paint: Paint): string {
  const { code, detail, at, order, remedy } = fault;
  const where = [...(at ? [formatPosition(at)] : []), ...(order === undefined ? [] : [`order ${order}`])];
  return [
    paint('red', `${code}: ${faultTable[code].meaning}`),
    entry('what', scrub(detail), paint),
    ...(where.length > 0 ? [entry('where', where.join(', '), paint)] : []),
    entry('do', remedy, paint),
    '',
  ].join('\n');
}

/** `  what   text`, or the lines of a longer text below its name. */
function entry(name: string, text: string, paint: Paint): string {
  const lines = text
    .trim()
    .split('\n')
    .map(line => line.trim());
  if (lines.length === 1) return `  ${paint('bold', name.padEnd(6))} ${lines[0]}`;
  return [`  ${paint('bold', name)}`, ...lines.map(line => `    ${line}`)].join('\n');
}
