/** A button that copies a link to what the page shows, without the token. */
import { useEffect, useRef, useState } from 'react'
import { linkToView } from './address.ts'

export function CopyLink() {
  const [link, setLink] = useState<string>()
  const [isCopied, setIsCopied] = useState(false)
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (link !== undefined) dialog.current?.showModal()
  }, [link])
  const copy = async () => {
    const copied = linkToView()
    // Browsers have no clipboard for pages that were sent unencrypted from another machine.
    const isDone = await (navigator.clipboard?.writeText(copied) ?? Promise.reject()).then(
      () => true,
      () => false,
    )
    setIsCopied(isDone)
    setLink(copied)
  }
  return (
    <>
      <button
        type="button"
        title="A link to this view: axis, zoom, tabs, the open node. It has no token."
        onClick={() => void copy()}
      >
        Copy link
      </button>
      {link !== undefined && (
        <dialog ref={dialog} className="link-copied" aria-label="Link" onClose={() => setLink(undefined)}>
          <p>
            {isCopied ? 'Copied, without your token.' : 'Copy this link. It does not contain your token.'}{' '}
            Your colleague adds <code>#</code> and their own token to its end.
          </p>
          <input
            type="text"
            readOnly
            aria-label="Link to this view"
            value={link}
            onFocus={({ target }) => target.select()}
          />
          <form method="dialog">
            <button type="submit">Close</button>
          </form>
        </dialog>
      )}
    </>
  )
}
