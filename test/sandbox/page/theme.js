// Not a module: it runs before the first paint, so that dark stays dark.
try {
  const theme = localStorage.getItem('sandbox.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is switched off.
}
