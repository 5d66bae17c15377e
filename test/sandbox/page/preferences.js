/** @import { Locale } from './i18n.js' */

/** @typedef {'auto' | 'light' | 'dark'} Theme */

/** The language kept from the last visit; else the browser's. @returns {Locale} */
export function preferredLocale() {
  const kept = read('locale');
  if (kept === 'en' || kept === 'zh-HK') return kept;
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh-HK' : 'en';
}

/** The colours kept from the last visit; else the system's. @returns {Theme} */
export function preferredTheme() {
  const kept = read('theme');
  return kept === 'light' || kept === 'dark' ? kept : 'auto';
}

/** @param {Theme} theme */
export function paint(theme) {
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

/**
 * Keeps a choice for the next visit, where the browser lets it.
 * @param {'locale' | 'theme'} name
 * @param {string} value
 */
export function keep(name, value) {
  try {
    localStorage.setItem(`sandbox.${name}`, value);
  } catch {
    // Switched off: it holds for this visit.
  }
}

/** @param {'locale' | 'theme'} name */
function read(name) {
  try {
    return localStorage.getItem(`sandbox.${name}`);
  } catch {
    return null;
  }
}
