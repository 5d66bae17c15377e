/** @import { CardView } from '../http/control-api.ts' */
/** @import { LiveChange } from '../http/live-events.ts' */
/** @import { Locale } from './i18n.js' */
import { call, oneAtATime, unlessAway } from './api.js';
import { byId, say } from './dom.js';
import { Faults } from './faults.js';
import { clock, moment } from './format.js';
import { locale, speak, t } from './i18n.js';
import { Live } from './live.js';
import { OrderPanel } from './order.js';
import { cardsMax, goneMax, Phone } from './phone.js';
import { keep, paint, preferredLocale, preferredTheme } from './preferences.js';
import { Requests } from './requests.js';
import { Totals } from './totals.js';
import { Users } from './users.js';

speak(preferredLocale());
const order = new OrderPanel();
const live = new Live({ onChange, onState });
const phone = new Phone({ now: () => live.now(), onOpen });
const requests = new Requests({ onOpen, onEntries: orders => order.follow(orders) });
const faults = new Faults();
const totals = new Totals();
const users = new Users(showUser);

/** Changes that came while the cards were being loaded. @type {CardView[] | null} */
let waiting = null;
/** Cards could not be loaded, though the stream lives: the next change loads them. */
let isStale = false;
/** @type {'connecting' | 'live' | 'lost'} */
let state = 'connecting';

const loadCards = oneAtATime(async () => {
  const { user } = users;
  waiting ??= [];
  const wanted = (/** @type {string} */ of, /** @type {number} */ limit) =>
    call(`/sandbox/cards?${new URLSearchParams({ state: of, limit: String(limit), ...(user !== null && { user }) })}`);
  const [{ cards }, { cards: gone }] = await Promise.all([wanted('live', cardsMax), wanted('over', goneMax)]).catch(
    error => {
      isStale = true;
      throw error;
    },
  );
  isStale = false;
  // Another user has been chosen meanwhile: it is loaded next.
  if (user !== users.user) return;
  phone.replaceAll(cards, gone, user === null);
  phone.apply(waiting ?? []);
  waiting = null;
});

/** @param {LiveChange} change */
function onChange({ last, reload, cards }) {
  if (reload || isStale) void loadCards();
  else if (waiting !== null) waiting.push(...cards);
  else phone.apply(cards);
  phone.expire();
  requests.follow(last, reload);
  faults.follow();
  totals.follow();
  if (reload) order.reload();
  showTime();
}

/** @param {'connecting' | 'live' | 'lost'} now */
function onState(now) {
  state = now;
  say(byId('connection', HTMLElement), t(`connection.${state}`));
  document.body.dataset.connection = state;
}

/**
 * @param {string} number
 * @param {HTMLElement} opener
 */
function onOpen(number, opener) {
  void order.open(number, opener);
}

/** @param {string | null} user */
function showUser(user) {
  waiting = [];
  history.replaceState(null, '', user === null ? location.pathname : `#${new URLSearchParams({ user })}`);
  live.watch(user);
}

/** @param {number} advanceMs */
async function moveAhead(advanceMs) {
  const { now } = await call('/sandbox/clock', { method: 'POST', json: { advanceMs } });
  say(byId('time-said', HTMLElement), t('time.moved', { time: moment(now, locale()) }));
}

function showTime() {
  say(byId('clock', HTMLElement), clock(live.now(), locale()));
}

/** Turns the page and the phone to a language. @param {Locale} language */
function turnTo(language) {
  speak(language);
  for (const part of [phone, requests, faults, totals, order, users]) part.speak();
  onState(state);
  showTime();
}

/**
 * Makes a group of radio buttons a switch.
 * @param {'locale' | 'theme'} name
 * @param {string} now
 * @param {(value: any) => void} onSwitch the values are those of index.html
 */
function makeSwitch(name, now, onSwitch) {
  for (const radio of document.querySelectorAll(`input[name=${name}]`)) {
    if (!(radio instanceof HTMLInputElement)) continue;
    radio.checked = radio.value === now;
    radio.addEventListener('change', () => {
      keep(name, radio.value);
      onSwitch(radio.value);
    });
  }
}

makeSwitch('locale', locale(), turnTo);
makeSwitch('theme', preferredTheme(), paint);
for (const button of document.querySelectorAll('[data-advance]')) {
  if (!(button instanceof HTMLButtonElement)) continue;
  button.addEventListener('click', () => moveAhead(Number(button.dataset.advance)).catch(unlessAway));
}
setInterval(showTime, 5_000);
const chosen = new URLSearchParams(location.hash.slice(1)).get('user');
users.take(chosen);
showUser(chosen);
