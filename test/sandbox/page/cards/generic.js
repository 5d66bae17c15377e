/** @import { Layout } from './layout.js' */
import { known } from '../i18n.js';

/** A template nobody laid out: its fields, one by one. @type {Layout} */
export const generic = {
  icon: 'generic',
  fields: [],
  title: ({ card }) => known(`kind.${card.template}`) ?? nameOf(card.template),
  subtitle: ({ card }) => card.merchantBizNo,
  tones: { CLOSED: 'calm' },
  body: () => [],
};

/** `HOTEL_ORDER_DEFAULT` as `Hotel order`. @param {string} template */
function nameOf(template) {
  const words = template
    .replace(/_DEFAULT$/, '')
    .replaceAll('_', ' ')
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
