import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { simulate as simulateFunction } from './world.ts';

// Plants a defect in the connector's own code: loads it, and the simulation over it, once more, with some text of it replaced. The
// connector knows nothing of that. It works where Node loads the modules itself, not under Vitest.

/** A defect in the code: in `file` (from the repository's root) each text stands once, and is replaced by the one behind it. */
export interface Edit {
  readonly file: string;
  readonly replace: Readonly<Record<string, string>>;
}

const parameter = 'planted';
const root = new URL('../../', import.meta.url);
const edits = new Map<string, Edit>();

let isHooked = false;

/** Every module of the repository that is loaded by a planted one is loaded as planted, too. */
function hook(): void {
  if (isHooked) return;
  isHooked = true;
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      const planted = context.parentURL === undefined ? null : new URL(context.parentURL).searchParams.get(parameter);
      if (planted === null || !resolved.url.startsWith(root.href) || resolved.url.includes('/node_modules/')) {
        return resolved;
      }
      const url = new URL(resolved.url);
      url.searchParams.set(parameter, planted);
      return { ...resolved, url: url.href };
    },
    load(url, context, next) {
      const { searchParams, href } = new URL(url);
      const edit = edits.get(searchParams.get(parameter) ?? '');
      const loaded = next(url, context);
      if (edit === undefined || !href.startsWith(new URL(edit.file, root).href)) return loaded;
      return { ...loaded, source: edited(edit) };
    },
  });
}

/** The file's text with the defect. Throws where a text to replace does not stand in it exactly once. */
function edited({ file, replace }: Edit): string {
  const text = readFileSync(fileURLToPath(new URL(file, root)), 'utf8');
  return Object.entries(replace).reduce((before, [find, put]) => {
    const parts = before.split(find);
    if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times: ${find}`);
    return parts.join(put);
  }, text);
}

/** The simulation over a connector with the defect. */
export async function simulationWith(edit: Edit): Promise<typeof simulateFunction> {
  hook();
  const name = `${edits.size + 1}`;
  edits.set(name, edit);
  const url = new URL('./world.ts', import.meta.url);
  url.searchParams.set(parameter, name);
  const { simulate }: { readonly simulate: typeof simulateFunction } = await import(url.href);
  return simulate;
}
