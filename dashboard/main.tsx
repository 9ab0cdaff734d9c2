/** Begins the page: all of it, or on a phone a part that is loaded faster. */
import { isWhole, keepWhole } from './address.ts'
import type { mount } from './phone-start.tsx'
import './style.css'
import './phone.css'

// A new token in the same address does not reload the page by itself.
addEventListener('hashchange', () => location.reload())

const isSmall = matchMedia('(max-width: 700px)').matches
const host = document.getElementById('root') as HTMLElement

/** Built on its own, with a smaller library. */
const PHONE = 'phone/phone.js'

const showWhole = () => import('./start.tsx').then(({ start }) => start(host))

async function showPart() {
  const address = new URL(PHONE, document.baseURI).href
  const phone: { mount: typeof mount } = await import(/* @vite-ignore */ address)
  const unmount = phone.mount(host, () => {
    unmount()
    keepWhole()
    void showWhole()
  })
}

if (isSmall && !isWhole()) showPart().catch(showWhole)
else void showWhole()
