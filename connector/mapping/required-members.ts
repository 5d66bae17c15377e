import { nearest } from '../kernel/did-you-mean.ts';
import { type MappingFile, skipStatus } from './document.ts';
import type { MappingProblem } from './mapping.ts';
import type { Template } from './template.ts';

/**
 * Members that a status requires and a language never gives: told at start, not by the first dead letter. A mapping whose status is an
 * expression is not looked at, for any status may come of it.
 */
export function requiredMembers(
  file: string,
  from: MappingFile,
  template: Template,
  languages: readonly { readonly code: string; readonly members: readonly { readonly name: string }[] }[],
): readonly MappingProblem[] {
  const { orderStatus } = from;
  if (typeof orderStatus === 'string') return [];
  const statuses = new Set([...Object.values(orderStatus.map), orderStatus.other ?? skipStatus]);
  statuses.delete(skipStatus);
  return languages.flatMap(({ code, members }) => {
    const names = members.map(member => member.name);
    const strangers = names.filter(name => !template.knownMembers.includes(name));
    return lacking(template, statuses, names).map(({ member, problem, where }) => {
      const slip = nearest(member, strangers);
      const text = `${member} ${problem} in ${where.join(', ')}`;
      const hint = slip === null ? {} : { hint: `"${slip}" stands there: is "${member}" meant?` };
      return { file, path: `languages.${code}`, problem: text, ...hint };
    });
  });
}

interface Lacking {
  readonly member: string;
  readonly problem: string;
  readonly where: string[];
}

function lacking(template: Template, statuses: Iterable<string>, names: readonly string[]): readonly Lacking[] {
  // Only which members are there counts; their values are no card's.
  const probe = Object.fromEntries(names.map(name => [name, '']));
  const found = new Map<string, Lacking>();
  for (const status of statuses) {
    for (const { member, problem, missing } of template.check(status, probe)) {
      if (!missing || member.includes('.')) continue;
      const known = found.get(member) ?? { member, problem, where: [] };
      known.where.push(status);
      found.set(member, known);
    }
  }
  return [...found.values()];
}
