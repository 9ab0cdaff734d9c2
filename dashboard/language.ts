/**
 * Ensures a language that `Intl` accepts. Browsers on systems without a locale report `en-US@posix`, which
 * `Intl` rejects, and the charts read it while loading.
 */
try {
  Intl.getCanonicalLocales(navigator.language)
} catch {
  Object.defineProperty(navigator, 'language', { value: navigator.language.replace(/[@.].*/, '') })
}
