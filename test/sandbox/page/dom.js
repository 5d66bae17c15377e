/** @typedef {Node | string | null} Content */

/**
 * An element with attributes and content. Strings become text nodes: nothing that came from outside can become markup.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Readonly<Record<string, string | null>>} attributes those that are null are left out
 * @param {...Content} content what is null is left out
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, attributes = {}, ...content) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) node.setAttribute(name, value);
  node.append(...content.filter(part => part !== null));
  return node;
}

/**
 * The element of an id; its absence is a mistake in index.html.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function byId(id, type) {
  const node = document.getElementById(id);
  if (!(node instanceof type)) throw new Error(`index.html has no ${type.name} #${id}`);
  return node;
}

/**
 * Sets a text where it is another one: what does not change is not told to screen readers again.
 * @param {Node} node
 * @param {string} text
 */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

const svg = 'http://www.w3.org/2000/svg';

/** Outlines on a field of 24 by 24. @type {Readonly<Record<string, string>>} */
const paths = {
  bill: 'M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6',
  flight:
    'M3 13l2-1 4 1 4-5-6-4 2-1 9 4 4-4c1-1 2.5-.8 2.800-.3.3.6.3 1.8-.6 2.6l-4.2 4.2 2.5 9-1.5 1.5-5-6.5-4 3.500v3l-1.5 1.5-2-4-4-2z',
  train:
    'M7 4h10a2 2 0 0 1 2 2v9a3 3 0 0 1-3 3H8a3 3 0 0 1-3-3V6a2 2 0 0 1 2-2zM5 11h14M9 15h.01M15 15h.01M8 18l-2 3M16 18l2 3',
  film: 'M4 6h16v4a2 2 0 0 0 0 4v4H4v-4a2 2 0 0 0 0-4zM14 6v2M14 11v2M14 16v2',
  ride: 'M5 16v2M19 16v2M4 16h16v-4l-2-5a2 2 0 0 0-2-1H8a2 2 0 0 0-2 1l-2 5zM4 12h16M7.5 14h.01M16.5 14h.01',
  generic: 'M5 4h14v16H5zM8 9h8M8 13h8M8 17h4',
  arrow: 'M4 12h15M14 7l5 5-5 5',
};

/**
 * A picture that says nothing the text beside it does not say.
 * @param {string} name
 * @param {string} className
 */
export function icon(name, className = 'icon') {
  const picture = document.createElementNS(svg, 'svg');
  picture.setAttribute('viewBox', '0 0 24 24');
  picture.setAttribute('class', className);
  picture.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(svg, 'path');
  path.setAttribute('d', paths[name] ?? '');
  picture.append(path);
  return picture;
}
