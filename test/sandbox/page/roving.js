/**
 * Makes the buttons of a list one stop of the Tab key: the arrows, Home and End go from one to the next.
 * A list of a thousand buttons is else a thousand stops.
 * @param {HTMLElement} list
 */
export function rove(list) {
  const buttons = () => [...list.querySelectorAll('button')].filter(button => button.closest('[hidden]') === null);
  list.addEventListener('keydown', event => {
    const all = buttons();
    const at = all.findIndex(button => button.matches(':focus'));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined || at === -1) return;
    event.preventDefault();
    all[Math.min(Math.max(to, 0), all.length - 1)]?.focus();
  });
  list.addEventListener('focusin', event => {
    if (!(event.target instanceof HTMLButtonElement)) return;
    for (const button of list.querySelectorAll('button[tabindex="0"]')) button.setAttribute('tabindex', '-1');
    event.target.tabIndex = 0;
  });
  return {
    /** To be called when buttons came or went: there must be one stop. */
    settle() {
      const stop = list.querySelector('button[tabindex="0"]');
      if (stop !== null && stop.closest('[hidden]') === null) return;
      stop?.setAttribute('tabindex', '-1');
      const [first] = buttons();
      if (first !== undefined) first.tabIndex = 0;
    },
  };
}
