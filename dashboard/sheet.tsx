/** A dialog over the page. What is in it is there only while it is open. */
import { type ReactNode, useEffect, useRef } from 'react'

interface Props {
  readonly title: string
  readonly children: ReactNode
  readonly onClose: () => void
}

export function Sheet({ title, children, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} className="sheet" aria-label={title} onClose={onClose}>
      <h2>{title}</h2>
      {children}
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  )
}
