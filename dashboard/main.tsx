/** Begins the page: all of it, or on a phone a part that is loaded faster. */
import { isWhole, keepWhole } from './address.ts'
import './style.css'
import './phone.css'

// A new token in the same address does not reload the page by itself.
addEventListener('hashchange', () => location.reload())

const isSmall = matchMedia('(max-width: 700px)').matches
const host = document.getElementById('root') as HTMLElement

const showWhole = () => import('./start.tsx').then(({ start }) => start(host), showMissing)

/** Its scripts are gone where the program was replaced by one of another version while this page was open. */
function showMissing(): void {
  host.innerHTML =
    '<main class="notice"><h1>gradstream</h1><p role="alert">The rest of the page cannot be loaded. The program may have ended, or been replaced by another version.</p><button type="button">Reload the page</button></main>'
  host.querySelector('button')?.addEventListener('click', () => location.reload())
}

async function showPart() {
  // Built on its own, with a smaller library.
  const { mount } = await import('./phone-start.tsx')
  const unmount = mount(host, () => {
    unmount()
    keepWhole()
    void showWhole()
  })
}

if (isSmall && !isWhole()) showPart().catch(showWhole)
else void showWhole()
