import { checkGroups, type Finding, type FindingState } from '../../tools/check/finding.ts';
import type { Paint } from '../terminal/print.ts';

const marks = { well: '✓', warning: '!', failed: '✗', skipped: '–' } as const satisfies Record<FindingState, string>;
const colours = { well: 'green', warning: 'yellow', failed: 'red', skipped: 'dim' } as const;

const width = 120;
const titleWidth = 34;
const indent = ' '.repeat(titleWidth + 5);

/** How many findings there are of each state. */
export function countsOf(findings: readonly Finding[]): Readonly<Record<FindingState, number>> {
  const count = (state: FindingState) => findings.filter(finding => finding.state === state).length;
  return { well: count('well'), warning: count('warning'), failed: count('failed'), skipped: count('skipped') };
}

/** All findings by group, each with its mark, and what to do where there is something to do; a sum at the end. */
export function findingsText(findings: readonly Finding[], paint: Paint): string {
  const blocks = checkGroups.flatMap(group => {
    const ofGroup = findings.filter(finding => finding.group === group);
    if (ofGroup.length === 0) return [];
    return [[paint('bold', group), ...ofGroup.map(finding => findingText(finding, paint))].join('\n')];
  });
  return `${[...blocks, sumText(findings, paint)].join('\n\n')}\n`;
}

function findingText({ state, title, detail, remedy }: Finding, paint: Paint): string {
  const [first = '', ...others] = wrapped(detail);
  const lines = [
    `  ${paint(colours[state], marks[state])} ${title.padEnd(titleWidth)} ${paint(state === 'skipped' ? 'dim' : 'reset', first)}`,
    ...others.map(line => `${indent}${line}`),
  ];
  const todo = remedy === null ? [] : wrapped(`→ ${remedy}`).map(line => `${indent}${paint('cyan', line)}`);
  return [...lines.map(line => line.trimEnd()), ...todo].join('\n');
}

function sumText(findings: readonly Finding[], paint: Paint): string {
  const { well, warning, failed, skipped } = countsOf(findings);
  const parts = [
    `${well} well`,
    ...(warning > 0 ? [paint('yellow', `${warning} warning${warning === 1 ? '' : 's'}`)] : []),
    ...(failed > 0 ? [paint('red', `${failed} to be mended`)] : []),
    ...(skipped > 0 ? [`${skipped} not looked at`] : []),
  ];
  return parts.join(', ');
}

/** Lines of words that fit behind the titles. A word that is longer stays whole: it may be a path to copy. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.replaceAll(/\s+/g, ' ').split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length + 1 <= width - indent.length) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}
