/** @import { Layout, Scene } from './layout.js' */
import { make } from '../dom.js';
import { day, daysUntil, money } from '../format.js';
import { locale, t } from '../i18n.js';
import { text } from './layout.js';

/** A bill: what it is for, how much, until when. @type {Layout} */
export const bill = {
  icon: 'bill',
  fields: ['bill_name', 'bill_desc', 'bill_amount', 'bill_amount_currency', 'bill_due_time', 'bill_moth_time'],
  title: scene => text(scene, 'bill_name'),
  subtitle: scene => text(scene, 'bill_desc'),
  tones: { WAIT_PAY: 'info', PAY_FAILED: 'bad', OVERDUED: 'bad', CLOSED: 'calm' },
  body: scene => [
    make(
      'div',
      { class: 'bill' },
      make('p', { class: 'figure' }, money(scene.info.bill_amount, scene.info.bill_amount_currency, locale())),
      dueDay(scene),
    ),
  ],
};

/** @param {Scene} scene */
function dueDay(scene) {
  const due = text(scene, 'bill_due_time');
  if (due === '') return null;
  const days = daysUntil(scene.now, due);
  return make(
    'p',
    { class: `due ${days !== null && days < 0 ? 'late' : ''}` },
    make('span', {}, t('bill.due', { day: day(due, locale(), false) })),
    days === null ? null : make('span', {}, distance(days)),
  );
}

/** @param {number} days */
function distance(days) {
  if (days === 0) return t('bill.today');
  if (days === 1) return t('bill.tomorrow');
  if (days === -1) return t('bill.lateOne');
  return days > 0 ? t('bill.in', { days }) : t('bill.late', { days: -days });
}
