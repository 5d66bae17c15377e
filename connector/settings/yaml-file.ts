import { type ErrorCode, isMap, isScalar, isSeq, LineCounter, parseDocument, type YAMLError } from 'yaml';

/** A YAML file that could be read. */
export interface YamlFile {
  readonly content: unknown;
  /** `file:line:column` of the key at a path, or of the nearest key above it; the file's name alone where there is none. */
  locate(path: readonly PropertyKey[]): string;
}

/** What reading a YAML text gave. */
export type YamlRead =
  | { readonly kind: 'read'; readonly yaml: YamlFile }
  | { readonly kind: 'problems'; readonly problems: readonly YamlProblem[] };

/** A fault of the text: where, and what. Never a part of the text itself, which may hold a secret. */
export interface YamlProblem {
  readonly source: string;
  readonly problem: string;
}

/** Reads YAML 1.2 text, one document. Syntax errors, keys given twice, tags and endless aliases are problems. */
export function readYaml(file: string, text: string): YamlRead {
  const lines = new LineCounter();
  const parsed = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const faults: readonly YAMLError[] = [...parsed.errors, ...parsed.warnings];
  if (faults.length > 0) {
    return {
      kind: 'problems',
      problems: faults.map(({ code, pos }) => ({ source: at(pos[0]), problem: faultTexts[code] })),
    };
  }
  try {
    return {
      kind: 'read',
      yaml: { content: parsed.toJS(), locate: path => locate(parsed.contents, path, at) ?? file },
    };
  } catch {
    // The parser leaves aliases to this step: it throws on an unknown one, and on one that would grow without end.
    return {
      kind: 'problems',
      problems: [{ source: file, problem: 'an alias (*name) has no anchor (&name) before it, or too many follow it' }],
    };
  }
}

function locate(root: unknown, path: readonly PropertyKey[], at: (offset: number) => string): string | undefined {
  let node = root;
  let found: number | undefined;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === step);
      if (!pair) break;
      found = isScalar(pair.key) ? pair.key.range?.[0] : found;
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number') {
      node = node.items[step];
      found = isScalar(node) ? node.range?.[0] : found;
    } else break;
  }
  return found === undefined ? undefined : at(found);
}

// Our own words: the parser's quote the text.
const faultTexts: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'an alias (*name) can have no tag and no anchor',
  BAD_ALIAS: 'an alias (*name) or anchor (&name) is not named well',
  BAD_COLLECTION_TYPE: 'a tag does not fit its value',
  BAD_DIRECTIVE: 'a line that begins with % is not a directive of YAML',
  BAD_DQ_ESCAPE:
    'text in double quotes has an escape that YAML does not know; write \\\\ for a backslash, or use single quotes',
  BAD_INDENT: 'the indentation does not fit the lines above',
  BAD_PROP_ORDER: 'a tag or anchor stands at the wrong place',
  BAD_SCALAR_START: 'text that begins with this character must stand in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a second ": " in one line; put text that contains it in quotes',
  BLOCK_IN_FLOW: 'indented lists and sections cannot stand inside [ ] or { }',
  DUPLICATE_KEY: 'the key is given twice',
  IMPOSSIBLE: 'this is not YAML',
  KEY_OVER_1024_CHARS: 'a key is too long',
  MISSING_CHAR: 'something is missing here: a colon, a comma, a closing quote or bracket, or a space',
  MULTILINE_IMPLICIT_KEY: 'a line is neither "key: value" nor a part of the text above it',
  MULTIPLE_ANCHORS: 'a value has two anchors',
  MULTIPLE_DOCS: 'the file holds a second document (after ---); only one is read',
  MULTIPLE_TAGS: 'a value has two tags',
  NON_STRING_KEY: 'a key must be a text',
  RESOURCE_EXHAUSTION: 'the file is nested too deeply',
  TAB_AS_INDENT: 'the line is indented by a tab; use spaces',
  TAG_RESOLVE_FAILED: 'a tag (!name) is not known; put text that begins with ! in quotes',
  UNEXPECTED_TOKEN: 'something stands here that YAML does not expect; is a quote, bracket or dash too many?',
};
