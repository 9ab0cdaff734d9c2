/** Firefox: the one that FIREFOX_PATH names, or the one of the system. */
import { existsSync } from 'node:fs'
import puppeteer from 'puppeteer-core'

const BINARY = [process.env.FIREFOX_PATH ?? '', '/usr/bin/firefox-esr', '/usr/bin/firefox'].find(path =>
  existsSync(path),
)

/** Where there is none, what needs it is left out: `apt-get install firefox-esr`. */
export const hasFirefox = BINARY !== undefined

export const launchFirefox = () =>
  puppeteer.launch({ browser: 'firefox', executablePath: BINARY as string, headless: true })
