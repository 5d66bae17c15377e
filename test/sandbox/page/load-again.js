// Not a module: it must hear of modules that could not be loaded, which would leave the page dead. A machine's network may
// change at any moment (containers that start, a VPN), and Chromium then breaks off what is being loaded.
const againMs = 1_000;

addEventListener(
  'error',
  ({ target }) => {
    if (target instanceof HTMLScriptElement) setTimeout(() => location.reload(), againMs);
  },
  // Such events do not bubble.
  true,
);
