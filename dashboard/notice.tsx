/** In place of the page: why there is no run to see, and what to do about it. */

interface Props {
  readonly problem?: string
  /** Why it takes long to connect. */
  readonly reason?: string | undefined
}

export function Notice({ problem, reason }: Props) {
  return (
    <main className="notice">
      <h1>gradstream</h1>
      {problem === undefined ? (
        <p>Connecting … {reason}</p>
      ) : (
        <>
          <p role="alert">{problem}</p>
          <p>
            Copy the whole address that the run has printed, from <code>http</code> to the end of what follows
            the <code>#</code>, and put it in place of the one above. A run that was started anew has printed
            another one.
          </p>
        </>
      )}
    </main>
  )
}
