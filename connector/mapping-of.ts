import { Fault } from './kernel/fault.ts';
import { compileMappings } from './mapping/compile.ts';
import type { Mapping } from './mapping/mapping.ts';
import type { Settings } from './settings/settings.ts';

/** The mapping of the settings' files. Throws a Fault MAPPING_INVALID, which tells all their problems. */
export function mappingOf({ documents, ...options }: Settings['mapping']): Mapping {
  const compiled = compileMappings(documents, options);
  if (compiled.kind === 'compiled') return compiled.mapping;
  const lines = compiled.problems.map(
    ({ file, path, problem, hint }) => `  ${file}: ${path}: ${problem}${hint === undefined ? '' : ` (${hint})`}`,
  );
  throw new Fault('MAPPING_INVALID', { detail: `\n${lines.join('\n')}` });
}
