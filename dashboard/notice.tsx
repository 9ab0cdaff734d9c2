/** Shown instead of the page: why there is no run, and what to do about it. */

interface Props {
  readonly problem?: string
  /** Why connecting takes long. */
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
            Copy the whole address that the run printed, from <code>http</code> to the end of the part after
            the <code>#</code>, and open it here. A run that was started again may have printed a new one. To
            the end of a link from a colleague, add <code>#</code> and your token.
          </p>
        </>
      )}
    </main>
  )
}
