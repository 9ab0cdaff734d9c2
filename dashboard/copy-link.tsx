/** A button that copies a link to what the page shows, without the token. */
import { useEffect, useRef, useState } from 'react'
import { linkToView } from './address.ts'

interface Props {
  /** Parts of the view that the link names, too, although nobody has chosen them. */
  readonly pinned?: Readonly<Record<string, string>>
}

export function CopyLink({ pinned }: Props) {
  const [link, setLink] = useState<string>()
  const [isCopied, setIsCopied] = useState(false)
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (link !== undefined) dialog.current?.showModal()
  }, [link])
  const copy = async () => {
    const copied = linkToView(pinned)
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
        title="A link to what you see: axis, zoom, tabs, the open node, the place in the graph, what you look for, thresholds. It has no token."
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
