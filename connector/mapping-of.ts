import { Fault } from './kernel/fault.ts';
import { compileMappings } from './mapping/compile.ts';
import type { Mapping, MappingProblem } from './mapping/mapping.ts';
import type { Settings } from './settings/settings.ts';
import type { DecodeOptions } from './source/decode.ts';

/** The mapping of the settings' files. Throws a Fault MAPPING_INVALID, which tells all their problems. */
export function mappingOf({ documents, ...options }: Settings['mapping']): Mapping {
  const compiled = compileMappings(documents, options);
  if (compiled.kind === 'compiled') return compiled.mapping;
  const lines = compiled.problems.map(problem => `  ${mappingProblemLine(problem)}`);
  throw new Fault('MAPPING_INVALID', { detail: `\n${lines.join('\n')}` });
}

/** How rows are decoded for a mapping. */
export function decodeOptionsOf({ unavailableValue }: Settings['mapping'], { earlierColumns }: Mapping): DecodeOptions {
  return { placeholder: unavailableValue, earlierColumns };
}

/** A mapping's problem as one line: file, key, what is wrong, what to do. */
export function mappingProblemLine({ file, path, problem, hint }: MappingProblem): string {
  return `${file}: ${path}: ${problem}${hint === undefined ? '' : ` (${hint})`}`;
}
