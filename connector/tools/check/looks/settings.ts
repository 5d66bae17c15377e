import { compileMappings } from '../../../mapping/compile.ts';
import type { Mapping } from '../../../mapping/mapping.ts';
import type { SettingsProblem } from '../../../settings/problems.ts';
import type { Settings } from '../../../settings/settings.ts';
import { type CheckedKey, keysOf, withOwnHalfTold } from '../../checked-keys.ts';
import { type Found, failed, type Looked, warning, well } from '../finding.ts';

/** Every problem of the settings; well where there is none. */
export function lookAtSettings(file: string, problems: readonly SettingsProblem[]): Looked<true> {
  if (problems.length === 0) return { found: [well('settings', 'settings', `${file}: every key holds`)], value: true };
  const found = problems.map(({ path, source, problem, hint }) =>
    failed('settings', path === '' ? 'settings' : path, `${problem} (${source})`, hint ?? 'mend it and try again'),
  );
  return { found, value: true };
}

/** Whether the mappings compile and their templates are known. */
export function lookAtMappings({ documents, ...options }: Settings['mapping']): Looked<Mapping> {
  const title = 'mappings compile';
  const compiled = compileMappings(documents, options);
  if (compiled.kind === 'problems') {
    const found = compiled.problems.map(({ file, path, problem, hint }) =>
      failed('mapping', title, [file, path, problem].filter(text => text !== '').join(': '), hint ?? 'mend it'),
    );
    return { found, value: null };
  }
  const { templates } = compiled.mapping;
  const files = documents.length === 1 ? '1 file' : `${documents.length} files`;
  return { found: [well('mapping', title, `${files}, for ${templates.join(', ')}`)], value: compiled.mapping };
}

/** Whether the keys can be used, and whether answers are verified. */
export function lookAtKeys({ keys, verifyAnswers }: Settings['platform']): Looked<true> {
  const found = withOwnHalfTold(keysOf(keys)).map(keyFinding);
  return { found: [...found, answersFinding(verifyAnswers, keys.publicKeys.length)], value: true };
}

function keyFinding(key: CheckedKey): Found {
  const [id, title] = key.half === 'private' ? ['keys.ours', 'our private key'] : ['keys.theirs', "AlipayHK's key"];
  const where = key.file ?? 'from the environment';
  if (key.problem !== undefined) {
    return failed(
      id,
      title,
      `${where}: ${key.problem}`,
      'give the key in the named form: card-sync keys check tells more',
    );
  }
  const version = key.keyVersion === null ? 'any version' : `version ${key.keyVersion}`;
  const detail = `${where}: ${key.kind} (${key.algorithm}), ${version}, ${key.fingerprint}`;
  if (key.warning === undefined) return well(id, title, detail);
  return warning(id, title, `${detail}: ${key.warning}`, 'see card-sync keys check');
}

function answersFinding(verifyAnswers: Settings['platform']['verifyAnswers'], keys: number): Found {
  const [id, title] = ['keys.answers', 'answers are verified'] as const;
  const remedy =
    "name AlipayHK's public key in platform.publicKeyFile, and leave platform.verifyAnswers at its default";
  if (verifyAnswers === 'off') return warning(id, title, 'no: whoever answers at the address is believed', remedy);
  if (verifyAnswers === 'warn') {
    const detail = 'a bad or missing signature is counted (card_sync_answer_signatures_total) and believed';
    return warning(id, title, detail, 'platform.verifyAnswers: required when only result="verified" is counted');
  }
  return well(id, title, `with ${keys === 1 ? 'one key' : `${keys} keys`}`);
}
