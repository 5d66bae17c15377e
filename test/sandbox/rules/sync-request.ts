import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { type Result, resultOf } from '../gateway/result-codes.ts';
import { problemText } from './schema-problems.ts';

/** The languages a card can be in. */
export type Language = 'zh_HK' | 'en_US';

/** What a card shows in one language. */
export type BusinessInfo = Readonly<Record<string, unknown>>;

/** What a card shows, by language; one that is missing hides the card from its users. */
export type Languages = Readonly<Partial<Record<Language, BusinessInfo>>>;

/** `syncDataInfo` as it comes. */
export interface SyncInfo {
  readonly languageBusinessInfo?: string | Readonly<Record<string, string>>;
  readonly amount?: number;
  readonly amountCurrency?: string;
  readonly payAmount?: number;
  readonly payAmountCurrency?: string;
  readonly merchantOrderDetailUrl?: string;
  readonly tinyAppId?: string;
  readonly tradeNo?: string;
}

/** A body that is as the API's schema says. */
export interface SyncBody {
  readonly requestId: string;
  readonly command: 'SEND' | 'UPDATE';
  readonly merchantBizNo: string;
  readonly orderStatus: string;
  /** Epoch ms. */
  readonly bizDate: number;
  readonly productTemplateCode: string;
  readonly syncDataInfo: SyncInfo;
  /** Epoch ms. */
  readonly endDate?: number;
  readonly userId?: string;
  readonly openId?: string;
}

/** A valid body, with its languages read. */
export interface SyncRequest {
  readonly body: SyncBody;
  readonly languages: Languages;
}

/** A request, or the answer that refuses it. */
export type ReadRequest =
  | { readonly kind: 'read'; readonly request: SyncRequest }
  | { readonly kind: 'refused'; readonly result: Result };

const schemaFile = new URL('../../../schemas/json/contract-card-sync.request.schema.json', import.meta.url);
const schema: object = JSON.parse(readFileSync(schemaFile, 'utf8'));
const isSyncBody = new Ajv({ allowUnionTypes: true }).compile<SyncBody>(schema);
/** Finds all problems, where the other stops at the first: only asked when there is one. */
const allProblems = new Ajv({ allowUnionTypes: true, allErrors: true }).compile(schema);

/** Checks a parsed body against the API's schema and reads both forms of `languageBusinessInfo`. */
export function readSyncRequest(json: unknown): ReadRequest {
  if (!isSyncBody(json)) {
    allProblems(json);
    return illegal(problemText(allProblems.errors ?? []));
  }
  const read = readLanguages(json.syncDataInfo.languageBusinessInfo);
  return typeof read === 'string' ? illegal(read) : { kind: 'read', request: { body: json, languages: read } };
}

function illegal(why: string): ReadRequest {
  return { kind: 'refused', result: resultOf('PARAM_ILLEGAL', why) };
}

const name = 'syncDataInfo.languageBusinessInfo';

/** The languages, or what is wrong. */
function readLanguages(given: SyncInfo['languageBusinessInfo']): Languages | string {
  if (given === undefined) return {};
  const whole = typeof given === 'string' ? readObject(given) : given;
  if (whole === null) return `${name} is not a JSON object`;
  const languages: Partial<Record<Language, BusinessInfo>> = {};
  for (const [language, value] of Object.entries<unknown>(whole)) {
    if (language !== 'zh_HK' && language !== 'en_US') return `${name} knows zh_HK and en_US only`;
    // In the one-string form the document's example nests objects; JSON strings as in the table are taken, too.
    const info = typeof value === 'string' ? readObject(value) : value;
    if (!isObject(info)) return `${name}.${language} is not a JSON object`;
    languages[language] = info;
  }
  return languages;
}

function readObject(text: string): BusinessInfo | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is BusinessInfo {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
