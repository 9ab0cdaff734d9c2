/**
 * Sees to a language that numbers can be written in. Browsers on systems without one call theirs `en-US@posix`, which
 * is none to `Intl`, and the charts ask for it as they load.
 */
try {
  Intl.getCanonicalLocales(navigator.language)
} catch {
  Object.defineProperty(navigator, 'language', { value: navigator.language.replace(/[@.].*/, '') })
}
