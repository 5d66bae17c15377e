import { z } from 'zod';

// The shape of a mapping file. The JSON Schema for editors (schemas/json/mapping.schema.json) is generated from it, and a test compares.

/** Languages that a card can have (API document, languageBusinessInfo). */
export const languageCodes = ['zh_HK', 'en_US'] as const;

/** Members of `data`, in the order in which they are sent (API document, syncDataInfo). */
export const dataMembers = {
  amount: 'Order total in cents: cents(row.amount)',
  amountCurrency: 'HKD or CNY; needed with amount, and left out without it',
  payAmount: 'Amount paid in cents',
  payAmountCurrency: 'HKD or CNY; needed with payAmount, and left out without it',
  merchantOrderDetailUrl: 'Link to the order',
  tinyAppId: "Id of the merchant's mini program",
  tradeNo: 'AlipayHK transaction number of the order',
} as const;

/** Stands for a status in `orderStatus.map` and `other`: the change is skipped. */
export const skipStatus = 'skip';

const expression = z
  .string({ error: 'expects an expression' })
  .min(1, 'expects an expression')
  .describe('A CEL expression');

/** What a member's value comes from: an expression, a constant, or a list or map of such; null leaves the member out. */
export type MemberValue =
  | string
  | number
  | boolean
  | null
  | readonly MemberValue[]
  | { readonly [name: string]: MemberValue };

const memberValue: z.ZodType<MemberValue> = z
  .lazy(() =>
    z.union(
      [expression, z.number(), z.boolean(), z.null(), z.array(memberValue), z.record(z.string().min(1), memberValue)],
      { error: 'expects an expression, a number, true, false, or a list or map of them' },
    ),
  )
  .meta({
    id: 'memberValue',
    description:
      'Text is a CEL expression; numbers, true and false are themselves; lists and maps hold more of them; null leaves the member out',
  });

const plainValue = z.union([expression, z.number()], { error: 'expects an expression or a number' });
const members = z.record(z.string().min(1), memberValue);
const status = z.string({ error: 'expects a status' }).min(1, 'expects a status');
const table = z
  .string({ error: 'expects schema.table' })
  .regex(/^[^.\s]+\.[^\s]+$/, 'expects schema.table (PostgreSQL) or database.table (MySQL)');

const statusMap = z
  .strictObject({
    of: expression.describe("The shop's own status, e.g. row.status"),
    map: z
      .record(z.string(), status)
      .describe("The shop's status → the template's; skip as a status skips such changes, counted as unmapped"),
    other: status
      .optional()
      .describe('For any other status: one of the template, or skip. Without it such a change becomes a dead letter'),
  })
  .describe("A map from the shop's status");

/** The schema of a mapping file. */
export const mappingSchema = z
  .strictObject({
    template: z
      .string({ error: 'expects a productTemplateCode' })
      .min(1)
      .describe(
        'productTemplateCode; its JSON Schema must be known (schemas/json/templates, or mapping.templateFiles)',
      ),
    table: z
      .union([table, z.array(table).min(1)], { error: 'expects schema.table, or a list of them' })
      .describe('schema.table (PostgreSQL) or database.table (MySQL); a list for several tables of one shape'),
    when: expression
      .optional()
      .describe('Which rows; of the mappings of a table the first whose `when` is true makes the card'),
    let: z
      .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expects a name of letters, digits and _'), expression)
      .optional()
      .describe('Named values, each evaluated at most once for a change; one may use those above it'),
    merchantBizNo: expression.describe('The order id: text or a whole number, at most 256 characters'),
    userId: expression.optional().describe('AlipayHK user id; this or openId'),
    openId: expression.optional().describe("The user's authorisation id for the merchant; this or userId"),
    merchantId: expression.optional().describe("merchantId of the API document's example"),
    orderStatus: z
      .union([expression, statusMap], { error: 'expects an expression, or of and map' })
      .describe("The template's status"),
    bizDate: expression
      .optional()
      .describe('When the change happened: a timestamp or epoch ms. Default, and always of a delete: the commit time'),
    endDate: expression
      .optional()
      .describe('When the card expires: a timestamp or epoch ms. Default: 24 h after it was created (AlipayHK)'),
    onDelete: status
      .optional()
      .describe("The template's end status that a deleted row's card gets. Without it a delete is skipped as unmapped"),
    data: z
      .strictObject(
        Object.fromEntries(
          Object.entries(dataMembers).map(([name, text]) => [name, plainValue.optional().describe(text)]),
        ) as Record<keyof typeof dataMembers, z.ZodOptional<typeof plainValue>>,
        { error: 'expects members of syncDataInfo' },
      )
      .optional()
      .describe("syncDataInfo's plain members"),
    languages: z
      .strictObject(
        {
          each: members.optional().describe('Members of businessInfo for every language below; `language` is its code'),
          zh_HK: members.nullable().optional().describe('Chinese: members that differ; null takes one of `each` away'),
          en_US: members.nullable().optional().describe('English: members that differ; null takes one of `each` away'),
        },
        { error: 'expects each, zh_HK and en_US' },
      )
      .describe('businessInfo of each language that stands here; a card is hidden from users of another language'),
  })
  .meta({ title: 'Mapping file of the contract card connector', description: 'How rows of a table become cards' });

/** A mapping file of the right shape. */
export type MappingFile = z.output<typeof mappingSchema>;

/** The JSON Schema of a mapping file, for editors: `schemas/json/mapping.schema.json`. */
export function mappingJsonSchema(): unknown {
  return z.toJSONSchema(mappingSchema, { target: 'draft-7', io: 'input' });
}

/** The keys that are known at a path, for hints. */
export const keysAt: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(mappingSchema.shape),
  orderStatus: Object.keys(statusMap.shape),
  data: Object.keys(dataMembers),
  languages: Object.keys(mappingSchema.shape.languages.shape),
};
