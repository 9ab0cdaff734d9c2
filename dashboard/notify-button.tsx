/** A button that turns notifications of the browser on. Without it, the page never asks for them. */
import { useEffect, useState } from 'react'
import { announcementOf } from './announcements.ts'
import type { EventLog } from './event-log.ts'

interface Props {
  readonly log: EventLog
  readonly runId: string
}

/** Browsers have none for pages that were sent unencrypted from another machine. */
const canNotify = () => typeof Notification === 'function' && isSecureContext

export function NotifyButton({ log, runId }: Props) {
  const [isOn, setIsOn] = useState(false)
  const [isBlocked, setIsBlocked] = useState(() => canNotify() && Notification.permission === 'denied')
  useEffect(() => {
    if (!isOn) return
    // What is in the log already is no news.
    let last = log.entries$.value[0]?.key ?? -1
    const subscription = log.entries$.subscribe(entries => {
      for (const { key, event } of entries.filter(entry => entry.key > last).reverse()) {
        last = key
        // Who looks at the page sees it there.
        if (!document.hasFocus()) announce(event, runId)
      }
    })
    return () => subscription.unsubscribe()
  }, [log, runId, isOn])
  if (!canNotify()) return null
  const toggle = async () => {
    if (isOn) return setIsOn(false)
    const permission = await Notification.requestPermission()
    setIsOn(permission === 'granted')
    setIsBlocked(permission === 'denied')
  }
  return (
    <button
      type="button"
      aria-pressed={isOn}
      disabled={isBlocked}
      title={
        isBlocked
          ? 'The settings of this browser block notifications of this page.'
          : 'A notification for alarms and the end of the run, while this page is open.'
      }
      onClick={() => void toggle()}
    >
      {isOn ? 'Notifying' : 'Notify me'}
    </button>
  )
}

function announce(event: Parameters<typeof announcementOf>[0], runId: string): void {
  const announcement = announcementOf(event, runId)
  if (!announcement) return
  const { title, body, tag } = announcement
  const shown = new Notification(title, { body, tag })
  shown.onclick = () => {
    focus()
    shown.close()
  }
}
